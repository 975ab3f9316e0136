#include "core/random.hpp"

#include <random>

namespace cloud_backend::detail {

RandomSource default_random() {
    return [] {
        thread_local std::minstd_rand generator{std::random_device{}()};
        return std::uniform_real_distribution<double>(0, 1)(generator);
    };
}

}  // namespace cloud_backend::detail
