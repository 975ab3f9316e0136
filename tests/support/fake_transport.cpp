#include "fake_transport.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

namespace cloud_backend::test {

Exchange& Exchange::add(Action action) {
    events_.push_back({std::exchange(delay_, {}), std::move(action)});
    return *this;
}

Exchange& Exchange::after(std::chrono::milliseconds delay) {
    delay_ += delay;
    return *this;
}

Exchange& Exchange::sent(ConnectionUse connection) {
    return add(connection);
}

Exchange& Exchange::header_bytes() {
    return add(HeaderBytes{});
}

Exchange& Exchange::head(int status, Headers headers, bool framed) {
    return header_bytes().add(ResponseHead{status, std::move(headers), framed});
}

Exchange& Exchange::body(std::string bytes) {
    return add(Body{std::move(bytes)});
}

Exchange& Exchange::finish() {
    return add(End{});
}

Exchange& Exchange::fail(TransferFault fault, ConnectionStage stage, int curl_code) {
    return add(End{TransferFailure{fault, stage, curl_code, "the network failed"}});
}

Exchange& Exchange::also(std::function<void()> action) {
    return add(std::move(action));
}

Exchange Exchange::answer(int status, std::string body, Headers headers) {
    return Exchange().sent().head(status, std::move(headers)).body(std::move(body)).finish();
}

Exchange Exchange::refused() {
    return Exchange().fail(TransferFault::not_sent, ConnectionStage::connect, 7);
}

enum class EndlessWait { is_a_mistake, until_woken };

/// Carries one transfer at a time.
class FakeLoop final : public TransferLoop {
public:
    FakeLoop(std::shared_ptr<FakeTransport> transport, EndlessWait endless_wait)
        : transport_(std::move(transport)), endless_wait_(endless_wait) {}

    TransferId start(const HttpRequest& request, TransferEvents& events) override {
        if (transport_->exchanges_.empty()) throw std::logic_error("an attempt too many");
        transport_->requests.push_back(request);
        transport_->started_at.push_back(transport_->now());
        exchange_ = std::move(transport_->exchanges_.front());
        transport_->exchanges_.pop_front();
        events_ = &events;
        paused_ = false;
        last_event_ = transport_->now();
        return transport_->requests.size();
    }

    void abort(TransferId) noexcept override {
        if (events_ != nullptr) ++transport_->aborted;
        events_ = nullptr;
    }

    void resume(TransferId) override { paused_ = false; }

    void run_once(TimePoint until) override {
        if (woken_.exchange(false)) return;
        const TimePoint event = next_event();
        auto& appointment = transport_->appointment_;
        // An engine without a call: time does not pass for the one that comes next.
        const bool idle = endless_wait_ == EndlessWait::until_woken && until == TimePoint::max() &&
                          events_ == nullptr;
        if (appointment && !idle && appointment->time <= std::min(until, event)) {
            advance_to(appointment->time);
            auto action = std::move(appointment->action);
            appointment.reset();
            action();
        } else if (event <= until && event != TimePoint::max()) {
            advance_to(event);
            deliver();
            last_event_ = transport_->now();
        } else if (until != TimePoint::max()) {
            advance_to(until);
        } else if (endless_wait_ == EndlessWait::until_woken) {
            woken_.wait(false);
        } else {
            throw std::logic_error("a wait that never ends");
        }
    }

    void wake() noexcept override {
        woken_ = true;
        woken_.notify_one();
    }

private:
    void advance_to(TimePoint time) { transport_->now_ = std::max(transport_->now(), time); }

    TimePoint next_event() const {
        if (events_ == nullptr || paused_ || exchange_.events_.empty()) return TimePoint::max();
        return last_event_ + exchange_.events_.front().delay;
    }

    void deliver() {
        auto action = std::move(exchange_.events_.front().action);
        exchange_.events_.pop_front();
        auto flow = Flow::proceed;
        if (const auto* connection = std::get_if<ConnectionUse>(&action)) {
            events_->on_sent(*connection);
        } else if (std::holds_alternative<Exchange::HeaderBytes>(action)) {
            events_->on_header_bytes();
        } else if (auto* head = std::get_if<ResponseHead>(&action)) {
            flow = events_->on_head(std::move(*head));
        } else if (auto* body = std::get_if<Exchange::Body>(&action)) {
            flow = events_->on_body(body->bytes);
        } else if (auto* end = std::get_if<Exchange::End>(&action)) {
            std::exchange(events_, nullptr)->on_finished(std::move(end->failure));
        } else {
            std::get<std::function<void()>>(action)();
        }
        if (flow == Flow::stop) events_ = nullptr;
        paused_ = flow == Flow::pause;
        if (paused_) ++transport_->paused;
    }

    std::shared_ptr<FakeTransport> transport_;
    Exchange exchange_{};
    TransferEvents* events_ = nullptr;
    bool paused_ = false;
    TimePoint last_event_{};
    std::atomic<bool> woken_ = false;
    EndlessWait endless_wait_;
};

std::unique_ptr<TransferLoop> FakeTransport::open_loop() {
    return std::make_unique<FakeLoop>(shared_from_this(), EndlessWait::is_a_mistake);
}

std::unique_ptr<TransferLoop> FakeTransport::open_loop_for_many() {
    return std::make_unique<FakeLoop>(shared_from_this(), EndlessWait::until_woken);
}

FakeTransport& FakeTransport::expect(Exchange exchange) {
    exchanges_.push_back(std::move(exchange));
    return *this;
}

void FakeTransport::at(TimePoint time, std::function<void()> action) {
    appointment_ = Appointment{time, std::move(action)};
}

}  // namespace cloud_backend::test
