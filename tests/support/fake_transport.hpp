#pragma once

#include <cloud_backend/transport.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cloud_backend::test {

/// What the network does in one transfer: events, each some time after the one before.
class Exchange {
public:
    /// The next event comes this much later than the one before it.
    Exchange& after(std::chrono::milliseconds delay);

    Exchange& sent(ConnectionUse connection = ConnectionUse::fresh);
    /// Status line and headers arrive (and with them the first byte).
    Exchange& head(int status, Headers headers = {}, bool framed = true);
    Exchange& header_bytes();
    Exchange& body(std::string bytes);
    Exchange& finish();
    Exchange& fail(TransferFault fault, ConnectionStage stage = ConnectionStage::receive,
                   int curl_code = 56);
    /// Something else happens at this point of the exchange.
    Exchange& also(std::function<void()> action);

    /// A whole answer, at once.
    static Exchange answer(int status, std::string body, Headers headers = {});
    static Exchange refused();

private:
    friend class FakeLoop;

    struct HeaderBytes {};
    struct End {
        std::optional<TransferFailure> failure{};
    };
    struct Body {
        std::string bytes;
    };
    using Action =
        std::variant<ConnectionUse, HeaderBytes, ResponseHead, Body, End, std::function<void()>>;
    struct Event {
        std::chrono::milliseconds delay{};
        Action action;
    };

    Exchange& add(Action action);

    std::chrono::milliseconds delay_{};
    std::deque<Event> events_;
};

/// A network under a virtual clock: plays scripted exchanges, never sleeps, opens no socket. A wait
/// without end and without anything to come throws instead of hanging.
class FakeTransport final : public HttpTransport,
                            public std::enable_shared_from_this<FakeTransport> {
public:
    std::unique_ptr<TransferLoop> open_loop() override;
    /// Its waits without end do end, with the next wake.
    std::unique_ptr<TransferLoop> open_loop_for_many() override;
    TimePoint now() const noexcept override { return now_; }

    /// The next attempt without an exchange of its own meets this one.
    FakeTransport& expect(Exchange exchange);
    void advance(Duration duration) { now_ = now() + duration; }
    /// Does something at a time, whatever the exchanges do then.
    void at(TimePoint time, std::function<void()> action);

    /// What was asked for, in order.
    std::vector<HttpRequest> requests{};
    /// When.
    std::vector<TimePoint> started_at{};
    std::size_t aborted = 0;
    std::size_t paused = 0;

private:
    friend class FakeLoop;

    struct Appointment {
        TimePoint time;
        std::function<void()> action;
    };

    std::atomic<TimePoint> now_{TimePoint(std::chrono::hours(1))};
    std::deque<Exchange> exchanges_{};
    std::optional<Appointment> appointment_{};
};

}  // namespace cloud_backend::test
