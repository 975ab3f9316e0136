#include "http/curl_multi.hpp"

#if defined(__linux__)

#include "http/curl_handle.hpp"
#include "http/wait_time.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

namespace cloud_backend::detail {

namespace {

class FileDescriptor {
public:
    explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {
        if (descriptor < 0) throw std::system_error(errno, std::generic_category());
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { ::close(descriptor_); }

    [[nodiscard]] int get() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

std::uint32_t epoll_events(int what) {
    const bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    const bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    return (in ? std::uint32_t{EPOLLIN} : 0U) | (out ? std::uint32_t{EPOLLOUT} : 0U);
}

int curl_events(std::uint32_t events) {
    return ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
           ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
           ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
}

class EpollMulti final : public CurlMulti {
public:
    EpollMulti();

    CURLM* handle() const noexcept override { return multi_.get(); }
    CURLMcode run(TimePoint until) override;
    void wake() noexcept override;

private:
    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self,
                         void* known) noexcept;
    static int on_timer(CURLM* multi, long timeout_ms, void* self) noexcept;

    [[nodiscard]] std::span<const epoll_event> wait(TimePoint until);
    [[nodiscard]] CURLMcode act_on(std::span<const epoll_event> ready);
    [[nodiscard]] bool watch(curl_socket_t socket, int what, bool known) noexcept;
    void forget_wake() const noexcept;

    FileDescriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
    FileDescriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::array<epoll_event, 256> ready_{};
    TimePoint timer_ = TimePoint::max();       ///< When libcurl wants to be called in any case.
    MultiHandle multi_ = make_multi_handle();  ///< Goes first: it tells of the sockets it closes.
};

EpollMulti::EpollMulti() {
    epoll_event event{.events = EPOLLIN, .data = {.fd = wake_.get()}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
        throw std::system_error(errno, std::generic_category());
    }
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
}

CURLMcode EpollMulti::run(TimePoint until) {
    // All that is ready is looked at before the caller lets limits pass, but once.
    constexpr std::size_t most_looks = 64;
    int running = 0;
    auto ready = wait(std::min(until, timer_));
    for (std::size_t look = 1; !ready.empty(); ++look) {
        if (const CURLMcode result = act_on(ready); result != CURLM_OK) return result;
        const bool there_may_be_more = ready.size() == ready_.size() && look < most_looks;
        ready = there_may_be_more ? wait(TimePoint::min()) : std::span<const epoll_event>();
    }
    if (timer_ > Clock::now()) return CURLM_OK;
    timer_ = TimePoint::max();
    return curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
}

CURLMcode EpollMulti::act_on(std::span<const epoll_event> ready) {
    int running = 0;
    for (const epoll_event& event : ready) {
        if (event.data.fd == wake_.get()) {
            forget_wake();
            continue;
        }
        const CURLMcode result = curl_multi_socket_action(multi_.get(), event.data.fd,
                                                          curl_events(event.events), &running);
        if (result != CURLM_OK) return result;
    }
    return CURLM_OK;
}

void EpollMulti::wake() noexcept {
    const std::uint64_t one = 1;
    // It fails only if as many wakes wait as fit: one is enough.
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void EpollMulti::forget_wake() const noexcept {
    std::uint64_t wakes = 0;
    [[maybe_unused]] const auto bytes = ::read(wake_.get(), &wakes, sizeof wakes);
}

/// Interrupted by a signal, nothing is ready.
std::span<const epoll_event> EpollMulti::wait(TimePoint until) {
    const int count = ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()),
                                   milliseconds_until(until));
    return std::span(ready_).first(static_cast<std::size_t>(std::max(count, 0)));
}

int EpollMulti::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                          void* known) noexcept {
    auto& multi = *static_cast<EpollMulti*>(self);
    if (what == CURL_POLL_REMOVE) {
        ::epoll_ctl(multi.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
        return 0;
    }
    if (!multi.watch(socket, what, known != nullptr)) return -1;
    if (known == nullptr) curl_multi_assign(multi.multi_.get(), socket, self);
    return 0;
}

bool EpollMulti::watch(curl_socket_t socket, int what, bool known) noexcept {
    epoll_event event{.events = epoll_events(what), .data = {.fd = socket}};
    const auto control = [&](int operation) {
        return ::epoll_ctl(epoll_.get(), operation, socket, &event) == 0;
    };
    // A descriptor may be another socket's by now, or still be known as such.
    if (known) return control(EPOLL_CTL_MOD) || (errno == ENOENT && control(EPOLL_CTL_ADD));
    return control(EPOLL_CTL_ADD) || (errno == EEXIST && control(EPOLL_CTL_MOD));
}

int EpollMulti::on_timer(CURLM* /*multi*/, long timeout_ms, void* self) noexcept {
    auto& timer = static_cast<EpollMulti*>(self)->timer_;
    timer =
        timeout_ms < 0 ? TimePoint::max() : Clock::now() + std::chrono::milliseconds(timeout_ms);
    return 0;
}

}  // namespace

std::unique_ptr<CurlMulti> make_multi_for_many() {
    return std::make_unique<EpollMulti>();
}

}  // namespace cloud_backend::detail

#else

namespace cloud_backend::detail {

std::unique_ptr<CurlMulti> make_multi_for_many() {
    return make_polled_multi();
}

}  // namespace cloud_backend::detail

#endif
