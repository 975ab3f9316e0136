#pragma once

#include "load_connection.hpp"
#include "socket.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cloud_backend::benchmarks {

/// The load server's only thread.
class LoadLoop {
public:
    /// Counts in `connections` those that are made.
    LoadLoop(embedded_server::Socket listener, std::atomic<std::size_t>& connections);

    [[noreturn]] void run();

private:
    using Timer = std::pair<TimePoint, int>;  ///< The descriptor of a connection.

    void accept();
    void serve(int fd, bool readable);
    void serve_due();
    void advance(int fd, LoadConnection& connection);
    void watch(int operation, int fd, bool writable) const;
    [[nodiscard]] int time_to_next() const;

    embedded_server::Socket listener_;
    std::atomic<std::size_t>& accepted_;
    embedded_server::Socket epoll_;
    std::unordered_map<int, LoadConnection> connections_{};
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_{};
};

}  // namespace cloud_backend::benchmarks
