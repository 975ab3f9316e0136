#include "async/pending_call.hpp"

#include "async/calls_in_flight.hpp"

#include <utility>

namespace cloud_backend::detail {

PendingCall::PendingCall(CallHandlers handlers, const std::stop_token& stop,
                         std::shared_ptr<const void> kept)
    : source_(stop), handlers_(std::move(handlers)), kept_(std::move(kept)) {}

const ChunkCallback* PendingCall::on_chunk() const noexcept {
    return handlers_.on_chunk ? &*handlers_.on_chunk : nullptr;
}

void PendingCall::finish(ChatResult result) noexcept {
    const HandlerScope scope;
    deliver(handlers_, std::move(result));
    close();
}

void PendingCall::close() noexcept {
    handlers_ = {};
    kept_.reset();
    source_.set_done();
}

}  // namespace cloud_backend::detail
