#include "failure.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

namespace cloud_chat {

namespace {

using cloud_backend::ConnectionStage;
using cloud_backend::Error;
using cloud_backend::ErrorCode;

struct Diagnosis {
    ExitStatus status{};
    std::string_view problem{};
    std::string_view advice{};
};

constexpr Diagnosis cut_short{ExitStatus::bad_answer, "the answer was cut short", "ask again"};

Diagnosis diagnose_connection(const Error& error) noexcept {
    switch (error.details().connection.stage) {
        case ConnectionStage::resolve:
            return {ExitStatus::network, "the host was not found",
                    "check --base-url and the network"};
        case ConnectionStage::connect:
            return {ExitStatus::network, "no connection",
                    "check that a server runs at --base-url, and the network"};
        case ConnectionStage::tls:
            return {ExitStatus::network, "no trusted connection",
                    "check --base-url and the server's certificate"};
        case ConnectionStage::send:
        case ConnectionStage::receive:
            break;
    }
    if (error.partial() != nullptr) return cut_short;
    return {ExitStatus::network, "the connection broke", "ask again"};
}

/// An error inside a stream counts as the HTTP error it names.
ErrorCode code_of_stream_error(int status) noexcept {
    if (status == 401) return ErrorCode::authentication;
    if (status == 402) return ErrorCode::quota_exceeded;
    if (status == 403) return ErrorCode::permission_denied;
    if (status == 404) return ErrorCode::not_found;
    if (status == 429) return ErrorCode::rate_limit;
    return status >= 400 && status < 500 ? ErrorCode::bad_request : ErrorCode::internal_server;
}

Diagnosis diagnose(const Error& error) noexcept {
    const auto& details = error.details();
    const ErrorCode code =
        error.code() == ErrorCode::stream ? code_of_stream_error(details.api.status) : error.code();
    switch (code) {
        case ErrorCode::config:
            return {ExitStatus::usage, "nothing was sent", "see cloud-chat --help"};
        case ErrorCode::authentication:
            return {ExitStatus::key, "the key was not accepted",
                    "check OPENAI_API_KEY, or the key of the service"};
        case ErrorCode::permission_denied:
            return {ExitStatus::key, "the key may not do this",
                    "check its rights, or choose another --model"};
        case ErrorCode::rate_limit:
            return {ExitStatus::rate_limit, "too many requests", "wait, then ask again"};
        case ErrorCode::quota_exceeded:
            return {ExitStatus::rate_limit, "the account has no credit left", "check its billing"};
        case ErrorCode::connection:
            return diagnose_connection(error);
        case ErrorCode::timeout:
            return {ExitStatus::timeout, "the server took too long",
                    "ask again, or allow more with --timeout"};
        case ErrorCode::stream_truncated:
            return cut_short;
        case ErrorCode::response:
            return {ExitStatus::bad_answer, "this is no chat completion", "check --base-url"};
        case ErrorCode::content:
            return {ExitStatus::bad_answer, "the answer is not what was asked for", "ask again"};
        case ErrorCode::limit_exceeded:
            return {ExitStatus::bad_answer, "the answer was given up", "ask for less"};
        case ErrorCode::stream:
        case ErrorCode::internal_server:
        case ErrorCode::backend:
        case ErrorCode::all_backends_failed:
            return {ExitStatus::server, "the server failed", "try again later"};
        case ErrorCode::circuit_open:
            return {ExitStatus::server, "the server keeps failing", "try again later"};
        case ErrorCode::not_found:
            return {ExitStatus::refused, "the server does not have this",
                    "check --model and --base-url"};
        case ErrorCode::bad_request:
        case ErrorCode::conflict:
        case ErrorCode::unprocessable_entity:
        case ErrorCode::api:
            return {ExitStatus::refused, "the server refused the request",
                    details.api.context_length_exceeded ? "shorten the conversation"
                                                        : "check --model and --base-url"};
        case ErrorCode::cancelled:
            return {ExitStatus::interrupted, "interrupted", ""};
    }
    return {ExitStatus::other, "something went wrong", ""};
}

std::string waiting_time(const Error& error) {
    const auto wait = error.retry_after();
    // The circuit breaker says it itself.
    if (!wait || error.code() == ErrorCode::circuit_open) return {};
    constexpr std::chrono::hours believable{24};
    if (*wait > believable || *wait < std::chrono::milliseconds(500)) return {};
    return fmt::format(" ({:.0f} s)", std::chrono::duration<double>(*wait).count());
}

}  // namespace

ExitStatus exit_status_of(const Error& error) noexcept {
    return diagnose(error).status;
}

std::string explain(const Error& error) {
    const Diagnosis diagnosis = diagnose(error);
    if (diagnosis.status == ExitStatus::interrupted) return std::string(diagnosis.problem);
    const std::size_t attempts = error.attempts().size();
    return fmt::format("{}: {}{}; {}{}", diagnosis.problem, error.what(),
                       attempts > 1 ? fmt::format(" (after {} attempts)", attempts) : "",
                       diagnosis.advice, waiting_time(error));
}

}  // namespace cloud_chat
