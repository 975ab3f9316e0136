#include "footprint.hpp"

#include "../tests/support/process_stats.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>

namespace cloud_backend::benchmarks {

namespace {

struct Shared {
    Footprint footprint{};
    bool done = false;
};

std::size_t threads() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// Looks at the process again and again; its own thread does not count.
class Observer {
public:
    [[nodiscard]] Footprint stop() {
        thread_.request_stop();
        thread_.join();
        return most_;
    }

private:
    void look() {
        const std::size_t resident = test::resident_bytes();
        most_.resident_bytes =
            std::max(most_.resident_bytes, resident - std::min(resident, before_));
        most_.threads = std::max(most_.threads, threads() - 1);
    }

    const std::size_t before_ = test::resident_bytes();
    Footprint most_{};
    std::jthread thread_{[this](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        do {
            look();
        } while (!stopped.wait_for(lock, stop, std::chrono::milliseconds(50),
                                   [&] { return stop.stop_requested(); }));
        look();
    }};
};

[[noreturn]] void measure(const Contestant& contestant, const Load& load, Shared& result) noexcept {
    try {
        Observer observer;
        const auto client = contestant.connect(load);
        static_cast<void>(client->run());
        result.footprint = observer.stop();
        result.done = true;
    } catch (...) {  // That it is not done says it.
    }
    ::_exit(EXIT_SUCCESS);
}

}  // namespace

Footprint footprint_of(const Contestant& contestant, const Load& load) {
    void* memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    auto* shared = new (memory) Shared;
    const pid_t process = ::fork();
    if (process == 0) measure(contestant, load, *shared);
    if (process > 0) ::waitpid(process, nullptr, 0);
    const Shared result = *shared;
    ::munmap(memory, sizeof(Shared));
    if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (!result.done) throw std::runtime_error(contestant.name + " failed under the load");
    return result.footprint;
}

void allow_many_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace cloud_backend::benchmarks
