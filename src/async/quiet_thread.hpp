#pragma once

#include <functional>
#include <thread>

namespace cloud_backend::detail {

/// A thread of the library's own, which takes no signals that are sent to the process: they are for
/// the program's threads, some of which may wait for them. What a thread does to itself, as an
/// access to no memory, still reaches it, and so does a profiler. Not for a thread that runs what
/// blocks, which may start processes: they inherit this. Throws `std::system_error`.
[[nodiscard]] std::thread quiet_thread(std::function<void()> run);

}  // namespace cloud_backend::detail
