#include "engine_loop.hpp"

#include "async/calls_in_flight.hpp"
#include "core/url.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

/// A call on a loop: passes events on, and has the loop look at it after them.
class EngineCall final : public TransferEvents {
public:
    EngineCall(EngineLoop& loop, EngineLoop::CallId id, AsyncCall async)
        : loop_(loop),
          id_(id),
          source_(std::move(async.source)),
          owner_(std::move(async.owner)),
          reader_(std::move(async.reader)),
          on_finished_(std::move(async.on_finished)),
          call_(std::move(async.plan), *reader_),
          note_cancel_(call_.stop(), NoteCancel{*this}) {}

    void on_queued() override {
        pass_on([](TransferEvents& call) { call.on_queued(); });
    }
    void on_connecting() override {
        pass_on([](TransferEvents& call) { call.on_connecting(); });
    }
    void on_sent(ConnectionUse connection) override {
        pass_on([&](TransferEvents& call) { call.on_sent(connection); });
    }
    void on_header_bytes() override {
        pass_on([](TransferEvents& call) { call.on_header_bytes(); });
    }
    Flow on_head(ResponseHead head) override {
        Flow flow = Flow::stop;
        pass_on([&](TransferEvents& call) { flow = call.on_head(std::move(head)); });
        return flow;
    }
    /// Bytes put limits off, and change nothing else as long as the transfer is to go on.
    Flow on_body(std::string_view bytes) override {
        Flow flow = Flow::stop;
        relay([&](TransferEvents& call) { flow = call.on_body(bytes); });
        if (flow == Flow::stop || call_.next_limit() < *timer_ || call_.has_news()) touch();
        return flow;
    }
    void on_finished(std::optional<TransferFailure> failure) override {
        pass_on([&](TransferEvents& call) { call.on_finished(std::move(failure)); });
    }

private:
    friend class EngineLoop;

    struct NoteCancel {
        EngineCall& call;
        void operator()() const { call.loop_.note_cancel(call.id_); }
    };

    template <class Event>
    void pass_on(Event&& event) noexcept {
        touch();
        relay(std::forward<Event>(event));
    }

    void touch() noexcept {
        if (!std::exchange(touched_, true)) loop_.touched_.push_back(this);  // It has room.
    }

    /// What is thrown, for want of memory, ends this call alone.
    template <class Event>
    void relay(Event&& event) noexcept {
        const Duration before = call_.user_time();
        try {
            event(call_.events());
        } catch (...) {
            thrown_ = std::current_exception();
        }
        loop_.note_user_time(*this, call_.user_time() - before);
    }

    [[nodiscard]] CallResult result() noexcept {
        try {
            return call_.result();
        } catch (...) {
            return std::current_exception();
        }
    }

    EngineLoop& loop_;
    const EngineLoop::CallId id_;
    CallSource source_;
    std::shared_ptr<const void> owner_;
    std::shared_ptr<ResponseReader> reader_;
    std::function<void(CallResult)> on_finished_;
    Call call_;
    std::optional<TransferLoop::TransferId> transfer_{};
    std::optional<TimePoint> timer_{};  ///< Its place in `EngineLoop::timers_`.
    bool running_ = false;              ///< It has had its turn to begin.
    std::exception_ptr thrown_{};       ///< By an event.
    bool touched_ = false;              ///< It has one in `EngineLoop::touched_`.
    std::stop_callback<NoteCancel> note_cancel_;
};

EngineLoop::EngineLoop(std::shared_ptr<HttpTransport> transport, const AsyncOptions& options,
                       Log log)
    : transport_(std::move(transport)),
      transfers_(transport_->open_loop_for_many()),
      options_(options),
      log_(std::move(log)) {}

EngineLoop::~EngineLoop() = default;

// --- from any thread ----------------------------------------------------------------------------

bool EngineLoop::submit(AsyncCall call) {
    {
        const std::lock_guard lock(mutex_);
        const bool may_wait = options_.overflow == AsyncOptions::Overflow::wait;
        if (!may_wait && !has_room(unfinished_)) return false;
        mail_.cancelled.reserve(unfinished_ + 1);  // A cancel must not throw.
        mail_.submitted.push_back(std::move(call));
        ++unfinished_;
    }
    notify();
    return true;
}

void EngineLoop::notify() noexcept {
    transfers_->wake();
    mail_came_.notify_one();
}

void EngineLoop::note_cancel(CallId call) noexcept {
    {
        const std::lock_guard lock(mutex_);
        mail_.cancelled.push_back(call);
    }
    notify();
}

void EngineLoop::stop() {
    {
        const std::lock_guard lock(mutex_);
        mail_.stop = true;
    }
    notify();
}

// --- on the loop's ------------------------------------------------------------------------------

void EngineLoop::run() {
    const HandlerScope scope;
    while (take_mail()) {
        start_waiting();
        // A limit has passed only if it had when the network was last looked at: a slow handler of
        // another call is no silent server (T5).
        const TimePoint looked_at = transport_->now();
        try {
            transfers_->run_once(timers_.empty() ? TimePoint::max() : timers_.begin()->first);
        } catch (...) {
            fail_all(std::current_exception());
            wait_for_mail();
        }
        forgive_handlers();
        run_touched();
        run_timers(looked_at);
        handlers_took_ = {};  // What is left is too short to matter.
    }
}

/// A loop that throws would do it again at once.
void EngineLoop::wait_for_mail() {
    std::unique_lock lock(mutex_);
    mail_came_.wait(lock, [this] { return mail_.stop || !mail_.submitted.empty(); });
}

/// False: nothing is left to do.
bool EngineLoop::take_mail() {
    Mail mail;
    {
        const std::lock_guard lock(mutex_);
        mail.submitted.swap(mail_.submitted);
        mail.cancelled = mail_.cancelled;
        mail_.cancelled.clear();
        mail.stop = mail_.stop;
    }
    for (AsyncCall& submitted : mail.submitted) take(std::move(submitted));
    for (const CallId id : mail.cancelled) {
        const auto found = calls_.find(id);
        if (found != calls_.end()) step(*found->second);
    }
    return !mail.stop || !calls_.empty();
}

/// What can end it before its turn is its deadline, and a cancel.
void EngineLoop::take(AsyncCall submitted) {
    const CallId id = ++last_id_;
    auto call = std::make_unique<EngineCall>(*this, id, std::move(submitted));
    EngineCall& taken = *calls_.emplace(id, std::move(call)).first->second;
    note_user_time(taken, taken.call_.user_time());
    touched_.reserve(calls_.size());
    stepping_.reserve(calls_.size());
    wait_until(taken, taken.call_.deadline().value_or(TimePoint::max()));
    waiting_.push_back(id);
}

void EngineLoop::start_waiting() {
    while (!waiting_.empty() && has_room(running_)) {
        const auto next = calls_.find(waiting_.front());
        waiting_.pop_front();
        if (next == calls_.end()) continue;
        next->second->running_ = true;
        ++running_;
        step(*next->second);
    }
}

void EngineLoop::run_touched() {
    stepping_.swap(touched_);
    for (EngineCall* call : stepping_) {
        call->touched_ = false;
        step(*call);
    }
    stepping_.clear();
}

void EngineLoop::note_user_time(const EngineCall& call, Duration time) noexcept {
    handlers_took_ += time;
    if (options_.slow_handler == Duration::zero() || time <= options_.slow_handler) return;
    log_(LogLevel::warning, "a handler of a call to {} held up the asynchronous calls for {} ms",
         without_query(call.call_.request().url),
         std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

/// Time that was a handler's is no other call's, not while it connects either (T5). Before any of
/// them is stepped, which looks at its limits.
void EngineLoop::forgive_handlers() {
    constexpr std::chrono::milliseconds noticeable{5};
    if (handlers_took_ < noticeable) return;
    const Duration took = std::exchange(handlers_took_, {});
    for (const auto& [id, call] : calls_) call->call_.skip_limits(took);
}

void EngineLoop::run_timers(TimePoint now) {
    while (!timers_.empty() && timers_.begin()->first <= now) {
        EngineCall& call = *timers_.begin()->second;
        timers_.erase(timers_.begin());
        call.timer_.reset();
        step(call);
    }
}

void EngineLoop::step(EngineCall& call) {
    if (call.thrown_) return finish(call, call.thrown_);
    try {
        const bool done = advance(call);
        forgive_handlers();
        if (!done) return;
    } catch (...) {
        return finish(call, std::current_exception());
    }
    finish(call, call.result());
}

/// Whether it is done.
bool EngineLoop::advance(EngineCall& call) {
    while (true) {
        const Duration before = call.call_.user_time();
        const CallStep step = call.call_.next();
        note_user_time(call, call.call_.user_time() - before);
        if (std::holds_alternative<CallDone>(step)) return true;
        if (std::holds_alternative<StartAttempt>(step)) {
            call.transfer_ = transfers_->start(call.call_.request(), call);
        } else if (std::holds_alternative<AbortAttempt>(step)) {
            transfers_->abort(*call.transfer_);
        } else {
            wait_until(call, std::get<WaitUntil>(step).time);
            return false;
        }
    }
}

/// An earlier timer stays: most are put off with every byte, and when it comes the call is asked.
void EngineLoop::wait_until(EngineCall& call, TimePoint time) {
    if (call.timer_ && *call.timer_ <= time) return;
    if (call.timer_) timers_.erase({*call.timer_, &call});
    timers_.emplace(time, &call);
    call.timer_ = time;
}

/// Who waits for the call may then destroy the client: nothing of it is held any more.
void EngineLoop::finish(EngineCall& finished, CallResult result) {
    auto call = std::move(calls_.extract(finished.id_).mapped());
    if (call->transfer_) transfers_->abort(*call->transfer_);
    if (call->timer_) timers_.erase({*call->timer_, call.get()});
    if (call->running_) --running_;
    const CallSource source = call->source_;
    auto owner = std::move(call->owner_);
    {
        const std::lock_guard lock(mutex_);
        --unfinished_;
    }
    const TimePoint told_at = Clock::now();
    call->on_finished_(std::move(result));
    note_user_time(*call, Clock::now() - told_at);
    forgive_handlers();
    call.reset();
    owner.reset();
    source.set_done();
}

/// Memory ran out, or a transport of the user's threw.
void EngineLoop::fail_all(const std::exception_ptr& thrown) {
    touched_.clear();
    while (!calls_.empty()) finish(*calls_.begin()->second, thrown);
}

}  // namespace cloud_backend::detail
