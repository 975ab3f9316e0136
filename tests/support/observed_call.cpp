#include "observed_call.hpp"

#include "call_form.hpp"

#include <cloud_backend/error.hpp>

namespace cloud_backend::test {

namespace {

Ending ending_of_timeout(TimeLimit limit) {
    switch (limit) {
        case TimeLimit::connect:
            return Ending::connect_timeout;
        case TimeLimit::first_byte:
            return Ending::first_byte_timeout;
        case TimeLimit::idle:
            return Ending::idle_timeout;
        default:
            return Ending::other;
    }
}

/// By the type of the exception under way, derived types first.
Ending ending_of_current_error() {
    try {
        throw;
    } catch (const TimeoutError& error) {
        return ending_of_timeout(error.limit());
    } catch (const ConnectionError&) {
        return Ending::connection_error;
    } catch (const StreamError&) {
        return Ending::stream_error;
    } catch (const StreamTruncatedError&) {
        return Ending::stream_truncated;
    } catch (const ResponseError&) {
        return Ending::response_error;
    } catch (const LimitExceededError&) {
        return Ending::limit_exceeded;
    } catch (const Error&) {
        return Ending::other;
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
        const auto completion = mode == Mode::plain ? complete(backend, request, options)
                                                    : complete(backend, request, on_chunk, options);
        observed.ending = Ending::success;
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
