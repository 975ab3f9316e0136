#pragma once

#include "call.hpp"
#include "http/log.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/client.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>
#include <cloud_backend/transport.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cloud_backend::detail {

/// An asynchronous call, with all that it needs until it is done.
struct AsyncCall {
    CallSource source;
    std::shared_ptr<const void> owner{};  ///< Of what `plan` refers to.
    CallPlan plan;
    std::shared_ptr<ResponseReader> reader{};
    std::function<void(CallResult)> on_finished{};  ///< The last to be called. Does not throw.
};

class EngineCall;

/// The driver of many calls on one `TransferLoop` (`CallDriver` is that of one).
/// `submit` and `stop` are for any thread; `run` is what the loop's own does.
class EngineLoop {
public:
    EngineLoop(std::shared_ptr<HttpTransport> transport, const AsyncOptions& options, Log log);
    EngineLoop(const EngineLoop&) = delete;
    EngineLoop& operator=(const EngineLoop&) = delete;
    ~EngineLoop();

    /// False: there would be too many, and none may wait.
    [[nodiscard]] bool submit(AsyncCall call);
    /// `run` returns as soon as no call is left.
    void stop();

    void run();

private:
    friend class EngineCall;
    using CallId = std::uint64_t;

    /// What other threads have for the loop's.
    struct Mail {
        std::vector<AsyncCall> submitted{};
        std::vector<CallId> cancelled{};
        bool stop = false;
    };

    /// There is no limit, or it is not reached.
    [[nodiscard]] bool has_room(std::size_t in_flight) const noexcept {
        return options_.max_in_flight == 0 || in_flight < options_.max_in_flight;
    }
    void note_cancel(CallId call) noexcept;
    void notify() noexcept;
    [[nodiscard]] bool take_mail();
    void take(AsyncCall submitted);
    void start_waiting();
    void wait_for_mail();
    void run_touched();
    void note_user_time(const EngineCall& call, Duration time) noexcept;
    void forgive_handlers();
    void run_timers(TimePoint now);
    void step(EngineCall& call);
    [[nodiscard]] bool advance(EngineCall& call);
    void wait_until(EngineCall& call, TimePoint time);
    void finish(EngineCall& finished, CallResult result);
    void fail_all(const std::exception_ptr& thrown);

    const std::shared_ptr<HttpTransport> transport_;
    const std::unique_ptr<TransferLoop> transfers_;
    const AsyncOptions options_;
    const Log log_;

    std::mutex mutex_{};
    std::condition_variable mail_came_{};
    Mail mail_{};                 ///< Under the mutex.
    std::size_t unfinished_ = 0;  ///< Under the mutex. Calls that were submitted.

    CallId last_id_ = 0;
    std::unordered_map<CallId, std::unique_ptr<EngineCall>> calls_;
    std::set<std::pair<TimePoint, EngineCall*>> timers_{};
    std::vector<EngineCall*> touched_{};  ///< Something came for them.
    std::vector<EngineCall*> stepping_{};
    Duration handlers_took_{};      ///< Since the last turn.
    std::deque<CallId> waiting_{};  ///< For their turn, with some that are over.
    std::size_t running_ = 0;
};

}  // namespace cloud_backend::detail
