#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cloud_backend::benchmarks {

/// Of which chunks of a stream the delay is measured.
enum class Timed { first_chunk, every_chunk };

/// Calls that are all answered alike.
struct Load {
    std::string url{};
    bool streamed = true;
    std::size_t calls = 1;
    std::size_t at_once = 1;  ///< Calls in progress, for contestants that can have several.
    Timed timed = Timed::first_chunk;  ///< Every chunk is, if they come at a rate.
};

/// What a client saw of the answers to a load.
struct Delivery {
    std::size_t body_bytes = 0;
    std::size_t chunks = 0;      ///< 0 if it looks for none,
    std::size_t text_bytes = 0;  ///< and so for their text.
    /// From the server's write to the client's code.
    std::vector<std::chrono::nanoseconds> delays{};
};

/// Makes the calls of its load, as often as wanted, on connections that it keeps.
class Client {
public:
    virtual ~Client() = default;
    /// Throws when a call fails.
    virtual Delivery run() = 0;
};

/// A way to receive answers, to be measured against others.
struct Contestant {
    std::string name;
    std::function<std::unique_ptr<Client>(const Load&)> connect;
};

/// libcurl with a callback that drops the bytes: what no client on top of it can undercut.
[[nodiscard]] Contestant raw_libcurl();
/// The same with a buffer as large as the library sets.
[[nodiscard]] Contestant raw_libcurl_with_large_buffer();
/// Finds the lines and drops them.
[[nodiscard]] Contestant raw_libcurl_with_line_split();
/// Makes nlohmann's DOM of each event's line.
[[nodiscard]] Contestant raw_libcurl_with_dom();

/// Many at once: curl_multi_socket_action over epoll, dropping the bytes.
[[nodiscard]] Contestant raw_multi_socket();

[[nodiscard]] Contestant synchronous_library();
/// Streams that are read in a loop.
[[nodiscard]] Contestant pulled_library();
[[nodiscard]] Contestant asynchronous_library();

}  // namespace cloud_backend::benchmarks
