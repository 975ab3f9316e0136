#pragma once

#include "engine_loop.hpp"
#include "http/log.hpp"

#include <cloud_backend/options.hpp>
#include <cloud_backend/transport.hpp>

#include <memory>
#include <mutex>
#include <thread>

namespace cloud_backend::detail {

/// Drives any number of calls on one thread of its own, which begins with the first. Thread-safe.
class CallEngine {
public:
    CallEngine(std::shared_ptr<HttpTransport> transport, const AsyncOptions& options, Log log);
    CallEngine(const CallEngine&) = delete;
    CallEngine& operator=(const CallEngine&) = delete;
    /// No call is left then, since each shares in owning the engine. May be on its own thread.
    ~CallEngine();

    /// Throws `LimitExceededError` where `AsyncOptions` refuses it.
    void start(AsyncCall call);

private:
    void start_thread();

    const std::shared_ptr<HttpTransport> transport_;
    const AsyncOptions options_;
    const Log log_;
    std::once_flag started_{};
    std::shared_ptr<EngineLoop> loop_{};  ///< The thread's as well.
    std::thread thread_{};
};

}  // namespace cloud_backend::detail
