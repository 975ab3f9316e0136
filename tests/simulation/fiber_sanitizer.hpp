#pragma once

#include <cstddef>

// g++ says so by a macro, clang by a feature.
#if defined(__SANITIZE_ADDRESS__)
#define CLOUD_BACKEND_ADDRESS_SANITIZER
#elif defined(__SANITIZE_THREAD__)
#define CLOUD_BACKEND_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CLOUD_BACKEND_ADDRESS_SANITIZER
#elif __has_feature(thread_sanitizer)
#define CLOUD_BACKEND_THREAD_SANITIZER
#endif
#endif

#if defined(CLOUD_BACKEND_ADDRESS_SANITIZER)
#include <sanitizer/common_interface_defs.h>
#elif defined(CLOUD_BACKEND_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

namespace cloud_backend::simulation {

/// Tells the sanitizer there is, if any, that the thread goes on on another stack. Each switch has
/// two sides: before it on the old stack, and after it on the new one. Inline, since the thread
/// sanitizer keeps count of the functions that are entered and left on each.
class FiberSanitizer {
public:
    FiberSanitizer(const void* stack, std::size_t size);
    ~FiberSanitizer();
    FiberSanitizer(const FiberSanitizer&) = delete;
    FiberSanitizer& operator=(const FiberSanitizer&) = delete;

    void enter();
    void entered();
    void leave();
    void leave_for_good();
    void left();

#if defined(CLOUD_BACKEND_ADDRESS_SANITIZER)
private:
    const void* stack_;
    std::size_t size_;
    void* fake_stack_ = nullptr;
    const void* loop_stack_ = nullptr;
    std::size_t loop_size_ = 0;
    void* loop_fake_stack_ = nullptr;
#elif defined(CLOUD_BACKEND_THREAD_SANITIZER)
private:
    void* loop_fiber_ = nullptr;
    void* fiber_ = __tsan_create_fiber(0);
#endif
};

#if defined(CLOUD_BACKEND_ADDRESS_SANITIZER)

inline FiberSanitizer::FiberSanitizer(const void* stack, std::size_t size)
    : stack_(stack), size_(size) {}
inline FiberSanitizer::~FiberSanitizer() = default;
[[gnu::always_inline]] inline void FiberSanitizer::enter() {
    __sanitizer_start_switch_fiber(&loop_fake_stack_, stack_, size_);
}
[[gnu::always_inline]] inline void FiberSanitizer::entered() {
    __sanitizer_finish_switch_fiber(fake_stack_, &loop_stack_, &loop_size_);
}
[[gnu::always_inline]] inline void FiberSanitizer::leave() {
    __sanitizer_start_switch_fiber(&fake_stack_, loop_stack_, loop_size_);
}
[[gnu::always_inline]] inline void FiberSanitizer::leave_for_good() {
    __sanitizer_start_switch_fiber(nullptr, loop_stack_, loop_size_);
}
[[gnu::always_inline]] inline void FiberSanitizer::left() {
    __sanitizer_finish_switch_fiber(loop_fake_stack_, nullptr, nullptr);
}

#elif defined(CLOUD_BACKEND_THREAD_SANITIZER)

inline FiberSanitizer::FiberSanitizer(const void*, std::size_t) {}
inline FiberSanitizer::~FiberSanitizer() {
    __tsan_destroy_fiber(fiber_);
}
[[gnu::always_inline]] inline void FiberSanitizer::enter() {
    loop_fiber_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber_, 0);
}
[[gnu::always_inline]] inline void FiberSanitizer::entered() {}
[[gnu::always_inline]] inline void FiberSanitizer::leave() {
    __tsan_switch_to_fiber(loop_fiber_, 0);
}
[[gnu::always_inline]] inline void FiberSanitizer::leave_for_good() {
    leave();
}
[[gnu::always_inline]] inline void FiberSanitizer::left() {}

#else

inline FiberSanitizer::FiberSanitizer(const void*, std::size_t) {}
inline FiberSanitizer::~FiberSanitizer() = default;
[[gnu::always_inline]] inline void FiberSanitizer::enter() {}
[[gnu::always_inline]] inline void FiberSanitizer::entered() {}
[[gnu::always_inline]] inline void FiberSanitizer::leave() {}
[[gnu::always_inline]] inline void FiberSanitizer::leave_for_good() {}
[[gnu::always_inline]] inline void FiberSanitizer::left() {}

#endif

}  // namespace cloud_backend::simulation
