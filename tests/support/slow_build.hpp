#pragma once

namespace cloud_backend::test {

/// Sanitizers, and a compiler that does not optimise, make a program many times slower: what only
/// repeats is repeated less then.
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool slow_build = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool slow_build = true;
#else
inline constexpr bool slow_build = false;
#endif
#else
inline constexpr bool slow_build = false;
#endif

}  // namespace cloud_backend::test
