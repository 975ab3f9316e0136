#include "failures.hpp"

#include <fmt/format.h>

#include <string_view>

namespace cloud_backend::detail {

namespace {

using FloatSeconds = std::chrono::duration<double>;

std::string in_seconds(Duration duration) {
    return fmt::format("{:.3g} s", FloatSeconds(duration).count());
}

std::string timeout_message(TimeLimit limit, const TimeoutOptions& timeouts) {
    switch (limit) {
        case TimeLimit::connect:
            return "no connection within " + in_seconds(timeouts.connect);
        case TimeLimit::first_byte:
            return "no answer within " + in_seconds(timeouts.first_byte);
        case TimeLimit::idle:
            return "the answer stood still for " + in_seconds(timeouts.idle);
        case TimeLimit::content_idle:
            return "no event of the stream for " + in_seconds(timeouts.content_idle);
        case TimeLimit::deadline:
            return "the deadline of the call has passed";
    }
    return {};
}

ConnectionStage stage_of(const AttemptProgress& progress) {
    return progress.sent ? ConnectionStage::receive : ConnectionStage::connect;
}

}  // namespace

ErrorDetails connection_failure(const TransferFailure& failure, const AttemptProgress& progress) {
    const auto code = failure.fault == TransferFault::too_large ? ErrorCode::limit_exceeded
                                                                : ErrorCode::connection;
    return {.code = code,
            .message = failure.message,
            .connection = {
                .stage = failure.stage, .curl_code = failure.curl_code, .sent = progress.sent}};
}

ErrorDetails timeout_failure(TimeLimit limit, const TimeoutOptions& timeouts,
                             const AttemptProgress& progress) {
    return {.code = ErrorCode::timeout,
            .message = timeout_message(limit, timeouts),
            .connection = {.stage = stage_of(progress), .sent = progress.sent, .limit = limit}};
}

ErrorDetails cancellation() {
    return {.code = ErrorCode::cancelled, .message = "the call was cancelled"};
}

ErrorDetails circuit_refusal(Duration retry_in) {
    auto message = retry_in == Duration::max()
                       ? std::string("the circuit is isolated: nothing is sent")
                       : fmt::format("the circuit is open: nothing is sent for another {}",
                                     in_seconds(retry_in));
    return {.code = ErrorCode::circuit_open,
            .message = std::move(message),
            .retryable = true,
            .retry_after = retry_in};
}

ErrorDetails still_throttled(Duration retry_in) {
    return {
        .code = ErrorCode::rate_limit,
        .message = fmt::format("nothing was sent: the server asked to be left alone for another {}",
                               in_seconds(retry_in)),
        .retryable = true,
        .retry_after = retry_in,
        .api = {.status = 429}};
}

ErrorDetails failure_of_backend(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Error& error) {
        return error.details();
    } catch (const std::exception& exception) {
        return {.code = ErrorCode::backend, .message = exception.what(), .retryable = true};
    } catch (...) {
        return {.code = ErrorCode::backend,
                .message = "the backend threw something that is no std::exception",
                .retryable = true};
    }
}

}  // namespace cloud_backend::detail
