#include "batch_result.hpp"

#include "json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>

namespace cloud_batch {

namespace {

using cloud_backend::ErrorCode;

constexpr std::string_view result_start = R"({"id":"batch_req_)";

/// A file of results tells fewer apart than the library does.
std::string_view name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::config:
            return "not_sent";
        case ErrorCode::stream:
            return to_string(ErrorCode::api);
        case ErrorCode::stream_truncated:
        case ErrorCode::content:
            return to_string(ErrorCode::response);
        case ErrorCode::backend:
            return to_string(ErrorCode::all_backends_failed);
        default:
            return to_string(code);
    }
}

std::string line_of(const BatchRequest& request, std::string_view response,
                    std::string_view error) {
    return fmt::format(R"({}{}","custom_id":{},"response":{},"error":{}}})"
                       "\n",
                       result_start, request.line, json_string(request.custom_id), response, error);
}

std::string response_of(int status, std::string_view request_id, std::string_view body) {
    return fmt::format(R"({{"status_code":{},"request_id":{},"body":{}}})", status,
                       json_string(request_id), as_json_line(body));
}

}  // namespace

std::string result_line(const BatchRequest& request, const cloud_backend::ChatCompletion& answer) {
    const auto& metadata = answer.metadata;
    const int status = metadata.attempts.empty() ? 200 : metadata.attempts.back().status;
    return line_of(request, response_of(status, metadata.request_id, answer.raw.text()), "null");
}

std::string error_line(const BatchRequest& request, const cloud_backend::Error& error) {
    const auto& api = error.details().api;
    return line_of(request,
                   api.status == 0 ? "null" : response_of(api.status, error.request_id(), api.body),
                   fmt::format(R"({{"code":{},"message":{}}})", json_string(name_of(error.code())),
                               json_string(error.what())));
}

std::string custom_id_of(std::string_view line) try {
    std::string id;
    if (!line.starts_with(result_start)) return id;
    for_each_member(line, [&](std::string_view name, std::string_view value) {
        if (name == "custom_id" && value.starts_with('"')) id = nlohmann::json::parse(value);
    });
    return id;
} catch (const simdjson::simdjson_error&) {
    return {};
}

bool may_begin_result(std::string_view text) {
    const std::size_t size = std::min(text.size(), result_start.size());
    return text.substr(0, size) == result_start.substr(0, size);
}

}  // namespace cloud_batch
