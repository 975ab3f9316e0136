#include "call_log.hpp"

#include "core/redact.hpp"
#include "core/url.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>

namespace cloud_backend::detail {

namespace {

using FloatSeconds = std::chrono::duration<double>;

std::string outcome_text(const AttemptInfo& attempt) {
    if (attempt.status != 0) return fmt::format("status {}", attempt.status);
    if (attempt.curl_code != 0)
        return fmt::format("connection failed, curl code {}", attempt.curl_code);
    if (attempt.error == ErrorCode::timeout) return "timed out";
    return attempt.error ? "no answer" : "ok";
}

std::string next_text(const AttemptInfo& attempt) {
    if (attempt.end != AttemptEnd::retried) return {};
    return fmt::format(", next attempt in {:.3f} s", FloatSeconds(attempt.wait).count());
}

}  // namespace

void log_attempt(const Log& log, const HttpRequest& request, const AttemptInfo& attempt,
                 std::size_t number, std::string_view request_id) {
    const auto level = attempt.error ? LogLevel::info : LogLevel::debug;
    if (!log.enabled(level)) return;
    constexpr std::size_t longest_id = 128;
    log(level, "{} {} attempt {}: {} in {:.3f} s{}{}{}", request.method, without_query(request.url),
        number, outcome_text(attempt), FloatSeconds(attempt.duration).count(),
        request_id.empty() ? "" : ", request id ",
        printable(
            mask_secrets(std::string(request_id), secrets_of(request.headers, {request.secret})),
            longest_id),
        next_text(attempt));
}

}  // namespace cloud_backend::detail
