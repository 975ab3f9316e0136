#include "load_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace cloud_backend::benchmarks {

LoadLoop::LoadLoop(embedded_server::Socket listener, std::atomic<std::size_t>& connections)
    : listener_(std::move(listener)),
      accepted_(connections),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(EPOLL_CTL_ADD, listener_.fd(), false);
}

void LoadLoop::run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()),
                                       time_to_next());
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.fd == listener_.fd()) {
                accept();
            } else {
                serve(event.data.fd, (event.events & ~std::uint32_t{EPOLLOUT}) != 0);
            }
        }
        serve_due();
    }
}

void LoadLoop::accept() {
    auto socket = listener_.accept();
    const int fd = socket.fd();
    watch(EPOLL_CTL_ADD, fd, false);
    connections_.try_emplace(fd, std::move(socket));
    ++accepted_;
}

void LoadLoop::serve(int fd, bool readable) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    try {
        if (readable) found->second.receive();
        advance(fd, found->second);
    } catch (const embedded_server::Disconnected&) {
        connections_.erase(found);
    }
}

void LoadLoop::serve_due() {
    const TimePoint now = Clock::now();
    while (!timers_.empty() && timers_.top().first <= now) {
        const int fd = timers_.top().second;
        timers_.pop();
        serve(fd, false);
    }
}

/// A timer that is left from a connection that had the same descriptor finds nothing due.
void LoadLoop::advance(int fd, LoadConnection& connection) {
    const bool was_blocked = connection.blocked();
    const auto was_due = connection.due();
    connection.advance();
    if (connection.blocked() != was_blocked) watch(EPOLL_CTL_MOD, fd, connection.blocked());
    const auto due = connection.due();
    if (due && due != was_due) timers_.emplace(*due, fd);
}

void LoadLoop::watch(int operation, int fd, bool writable) const {
    epoll_event event{};
    event.events = EPOLLIN;
    if (writable) event.events |= EPOLLOUT;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.fd(), operation, fd, &event);
}

int LoadLoop::time_to_next() const {
    using std::chrono::milliseconds;
    if (timers_.empty()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(timers_.top().first - Clock::now());
    return static_cast<int>(std::max(left, milliseconds::zero()).count());
}

}  // namespace cloud_backend::benchmarks
