#pragma once

#include <string_view>

// Linking this file replaces getaddrinfo(), for the program and for libcurl inside it. It knows
// addresses and localhost, so no name server is asked.
namespace cloud_backend::test {

/// A name of this machine, which is looked up for as long as a `SlowLookup` lives.
inline constexpr std::string_view slow_host = "slow-lookup.test";

/// While it lives, looking up `slow_host` does not return.
class SlowLookup {
public:
    SlowLookup();
    ~SlowLookup();
    SlowLookup(const SlowLookup&) = delete;
    SlowLookup& operator=(const SlowLookup&) = delete;

    /// Waits until a lookup of `slow_host` is under way.
    static void wait_until_asked();
};

}  // namespace cloud_backend::test
