#include "observed_call.hpp"

#include <cloud_backend/error.hpp>

namespace cloud_backend::test {

namespace {

Ending ending_of_timeout(TimeLimit limit) {
    switch (limit) {
        case TimeLimit::connect:
            return ending::connect_timeout;
        case TimeLimit::first_byte:
            return ending::first_byte_timeout;
        case TimeLimit::idle:
            return ending::idle_timeout;
        default:
            return "TimeoutError of another limit";
    }
}

/// By the type of the exception under way, derived types first.
Ending ending_of_current_error() {
    try {
        throw;
    } catch (const TimeoutError& error) {
        return ending_of_timeout(error.limit());
    } catch (const ConnectionError&) {
        return ending::connection_error;
    } catch (const StreamError&) {
        return ending::stream_error;
    } catch (const StreamTruncatedError&) {
        return ending::stream_truncated;
    } catch (const ResponseError&) {
        return ending::response_error;
    } catch (const LimitExceededError&) {
        return ending::limit_exceeded;
    } catch (const Error&) {
        return "another Error";
    }
}

}  // namespace

Observed observe(ChatBackend& backend, Mode mode, const CallOptions& options) {
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};
    Observed observed;
    const auto on_chunk = [&](const ChatChunk& chunk) {
        ++observed.chunks;
        observed.streamed += chunk.content();
    };
    const auto start = Clock::now();
    try {
        const auto completion = mode == Mode::plain
                                    ? backend.chat_completion(request, options)
                                    : backend.chat_completion(request, on_chunk, options);
        observed.ending = ending::success;
        observed.attempts = completion.metadata.attempts;
        observed.text = completion.content();
    } catch (const Error& error) {
        observed.ending = ending_of_current_error();
        observed.attempts = error.attempts();
        if (error.partial() != nullptr) observed.text = error.partial()->content();
    }
    observed.duration = Clock::now() - start;
    return observed;
}

}  // namespace cloud_backend::test
