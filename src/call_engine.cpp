#include "call_engine.hpp"

#include "async/quiet_thread.hpp"

#include <cloud_backend/error.hpp>

#include <string>
#include <utility>

namespace cloud_backend::detail {

CallEngine::CallEngine(std::shared_ptr<HttpTransport> transport, const AsyncOptions& options,
                       Log log)
    : transport_(std::move(transport)), options_(options), log_(std::move(log)) {}

CallEngine::~CallEngine() {
    if (!thread_.joinable()) return;
    loop_->stop();
    if (thread_.get_id() == std::this_thread::get_id()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

void CallEngine::start(AsyncCall call) {
    std::call_once(started_, [this] { start_thread(); });
    if (loop_->submit(std::move(call))) return;
    raise({.code = ErrorCode::limit_exceeded,
           .message = "there are " + std::to_string(options_.max_in_flight) +
                      " asynchronous calls in flight already"});
}

void CallEngine::start_thread() {
    loop_ = std::make_shared<EngineLoop>(transport_, options_, log_);
    thread_ = quiet_thread([loop = loop_] { loop->run(); });
}

}  // namespace cloud_backend::detail
