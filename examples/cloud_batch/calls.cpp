#include "calls.hpp"

#include <cloud_backend/error.hpp>

#include <poll.h>
#include <sys/eventfd.h>

#include <chrono>
#include <mutex>
#include <utility>

namespace cloud_batch {

using cloud_backend::CallHandlers;
using cloud_backend::ChatCompletion;

/// From the threads of the library to the one that runs the batch.
class Calls::Mailbox {
public:
    [[nodiscard]] int fd() const noexcept { return event_.get(); }

    void post(Ended ended) {
        const std::lock_guard lock(mutex_);
        ended_.push_back(std::move(ended));
        ::eventfd_write(fd(), 1);
    }

    std::vector<Ended> take() {
        const std::lock_guard lock(mutex_);
        eventfd_t count = 0;
        ::eventfd_read(fd(), &count);
        return std::exchange(ended_, {});
    }

private:
    const Descriptor event_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")};
    std::mutex mutex_{};
    std::vector<Ended> ended_{};
};

Calls::Calls(Service& service) : service_(service), mailbox_(std::make_shared<Mailbox>()) {}

Calls::~Calls() {
    using namespace std::chrono_literals;
    cancel();
    const auto end = std::chrono::steady_clock::now() + 1s;
    while (in_flight_ > 0 && std::chrono::steady_clock::now() < end) {
        pollfd waited_for{.fd = fd(), .events = POLLIN, .revents = 0};
        constexpr int milliseconds = 50;
        ::poll(&waited_for, 1, milliseconds);
        static_cast<void>(take());
    }
}

int Calls::fd() const noexcept {
    return mailbox_->fd();
}

void Calls::start(BatchRequest request) {
    const auto shared = std::make_shared<BatchRequest>(std::move(request));
    CallHandlers handlers{
        .on_done =
            [mailbox = mailbox_, shared](ChatCompletion answer) {
                mailbox->post({.request = std::move(*shared), .result = std::move(answer)});
            },
        .on_error =
            [mailbox = mailbox_, shared](std::exception_ptr error) {
                mailbox->post({.request = std::move(*shared), .result = std::move(error)});
            }};
    ++in_flight_;
    try {
        service_.ask(*shared, std::move(handlers), stop_.get_token());
    } catch (const cloud_backend::Error&) {  // It must not be sent, and no handler is called.
        mailbox_->post({.request = std::move(*shared), .result = std::current_exception()});
    }
}

std::vector<Ended> Calls::take() {
    std::vector<Ended> ended = mailbox_->take();
    in_flight_ -= ended.size();
    return ended;
}

}  // namespace cloud_batch
