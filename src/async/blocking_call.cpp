#include "async/blocking_call.hpp"

#include "async/calls_in_flight.hpp"

#include <optional>
#include <thread>
#include <utility>

namespace cloud_backend::detail {

ChatResult result_of(const BlockingCall& call, const ChunkCallback* on_chunk,
                     const CallOptions& options) noexcept {
    try {
        return call(on_chunk, options);
    } catch (...) {
        return std::current_exception();
    }
}

void call_on_thread(const CallSource& source, BlockingCall call, CallHandlers handlers,
                    CallOptions options) {
    auto run = [source, call = std::move(call), handlers = std::move(handlers),
                options = std::move(options)]() mutable {
        options.stop = source.stop_token();
        {
            const HandlerScope scope;
            const ChunkCallback* on_chunk = handlers.on_chunk ? &*handlers.on_chunk : nullptr;
            deliver(handlers, result_of(call, on_chunk, options));
            handlers = {};
            call = {};
        }
        source.set_done();
    };
    try {
        std::thread(std::move(run)).detach();
    } catch (...) {
        source.set_done();
        throw;
    }
}

}  // namespace cloud_backend::detail
