#pragma once

#include <cstddef>
#include <random>

// What random cases are drawn from: the same for the same seed, with any standard library.
namespace cloud_backend::test {

using Random = std::mt19937_64;

/// Below `n`.
inline std::size_t pick(Random& random, std::size_t n) {
    return static_cast<std::size_t>(random() % n);
}

inline bool one_in(Random& random, std::size_t n) {
    return pick(random, n) == 0;
}

template <class List>
const auto& any_of(Random& random, const List& list) {
    return list[pick(random, list.size())];
}

}  // namespace cloud_backend::test
