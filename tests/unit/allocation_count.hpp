#pragma once

#include <cstddef>

namespace cloud_backend::test {

/// How often this program has asked for memory.
[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace cloud_backend::test
