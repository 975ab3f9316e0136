#include "allocation_count.hpp"

#include <cstdlib>
#include <new>

// A program of its own, because it replaces the global operator new.
namespace {

std::size_t allocations = 0;

}  // namespace

// Not inlined: g++ would take free() for the wrong partner of an operator new it knows.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

std::size_t cloud_backend::test::allocation_count() noexcept {
    return allocations;
}
