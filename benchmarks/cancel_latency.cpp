// How long a call takes to end once it is cancelled from another thread, in each of its phases.
#include "../tests/support/cancel_scenarios.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

double milliseconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

int main(int argc, char** argv) {
    const int runs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
    std::printf("%-18s %10s %10s %10s   (ms, %d runs)\n", "phase", "median", "p99", "max", runs);
    bool within_bars = true;
    for (const auto& scenario : cloud_backend::test::cancel_scenarios()) {
        std::vector<std::chrono::nanoseconds> times;
        for (int i = 0; i < runs; ++i) times.push_back(scenario.run());
        std::ranges::sort(times);
        const auto at = [&](std::size_t percent) {
            return milliseconds(times[(times.size() - 1) * percent / 100]);
        };
        std::printf("%-18s %10.3f %10.3f %10.3f\n", scenario.name.c_str(), at(50), at(99), at(100));
        within_bars = within_bars && at(50) <= 1 && at(99) <= 10;  // SPEC T1
    }
    return within_bars ? EXIT_SUCCESS : EXIT_FAILURE;
}
