#pragma once

#include "batch_request.hpp"
#include "descriptor.hpp"
#include "service.hpp"

#include <cloud_backend/chat_completion.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <stop_token>
#include <variant>
#include <vector>

namespace cloud_batch {

/// A request that was asked, and the answer or the error.
struct Ended {
    BatchRequest request{};
    std::variant<cloud_backend::ChatCompletion, std::exception_ptr> result{};
};

/// The calls in flight: they end on threads of the library, and are taken by the one that starts
/// them.
class Calls {
public:
    explicit Calls(Service& service);
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;
    /// Cancels what is in flight, and waits for it, a second at most.
    ~Calls();

    void start(BatchRequest request);
    /// Those that have ended since.
    [[nodiscard]] std::vector<Ended> take();
    /// They end soon, with `CancelledError`.
    void cancel() { stop_.request_stop(); }

    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    /// Readable when some can be taken.
    [[nodiscard]] int fd() const noexcept;

private:
    class Mailbox;

    Service& service_;
    const std::shared_ptr<Mailbox> mailbox_;
    std::stop_source stop_{};
    std::size_t in_flight_ = 0;
};

}  // namespace cloud_batch
