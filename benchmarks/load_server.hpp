#pragma once

#include "socket.hpp"

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace cloud_backend::benchmarks {

/// An answer of the load server. A request names it by its path.
struct Answer {
    std::size_t chunks = 0;             ///< Of a stream;
    std::size_t body_bytes = 0;         ///< else the answer is one document.
    std::size_t coalesced = 1;          ///< Events in one chunk of HTTP.
    std::size_t chunks_per_second = 0;  ///< 0: as fast as the client reads.

    [[nodiscard]] bool streamed() const noexcept { return chunks > 0; }
    [[nodiscard]] std::string path() const;
    /// `path` may go on behind what names the answer.
    [[nodiscard]] static Answer named_by(std::string_view path);
};

/// An HTTP/1.1 server in a process of its own, so that what it costs is not the client's cost. One
/// thread, some thousand connections. The first event of a stream says when it was written, and so
/// do all that come at a rate (see stamp.hpp).
///
/// Make it before the first thread. Throws `std::system_error`.
class LoadServer {
public:
    LoadServer();
    LoadServer(const LoadServer&) = delete;
    LoadServer& operator=(const LoadServer&) = delete;
    ~LoadServer();

    [[nodiscard]] std::string url(const Answer& answer) const;
    /// That were ever made to it.
    [[nodiscard]] std::size_t connections() const noexcept { return *connections_; }

private:
    using Counter = std::atomic<std::size_t>;
    struct Unmap {
        void operator()(Counter* counter) const noexcept;
    };

    /// In memory that both processes see.
    static std::unique_ptr<Counter, Unmap> shared_counter();

    std::unique_ptr<Counter, Unmap> connections_ = shared_counter();
    embedded_server::Socket listener_;
    std::string url_ = listener_.url();
    pid_t process_ = -1;
};

}  // namespace cloud_backend::benchmarks
