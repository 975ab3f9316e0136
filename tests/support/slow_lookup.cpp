#include "slow_lookup.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <mutex>
#include <string_view>

namespace cloud_backend::test {

namespace {

struct Gate {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool shut = false;
    int inside = 0;
};

// Never destroyed: a lookup thread may outlive everything else.
Gate& gate() {
    static auto* const instance = new Gate;
    return *instance;
}

void pass_gate() {
    std::unique_lock lock(gate().mutex);
    ++gate().inside;
    gate().changed.notify_all();
    gate().changed.wait(lock, [] { return !gate().shut; });
    --gate().inside;
    gate().changed.notify_all();
}

}  // namespace

SlowLookup::SlowLookup() {
    const std::scoped_lock lock(gate().mutex);
    gate().shut = true;
}

SlowLookup::~SlowLookup() {
    std::unique_lock lock(gate().mutex);
    gate().shut = false;
    gate().changed.notify_all();
    gate().changed.wait(lock, [] { return gate().inside == 0; });
}

void SlowLookup::wait_until_asked() {
    std::unique_lock lock(gate().mutex);
    gate().changed.wait(lock, [] { return gate().inside > 0; });
}

}  // namespace cloud_backend::test

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    if (node != nullptr && node == cloud_backend::test::slow_host) {
        cloud_backend::test::pass_gate();
        node = "127.0.0.1";
    }
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (node == nullptr || std::string_view(node) == "localhost") {
        return real(node, service, hints, result);
    }
    addrinfo address_only = hints == nullptr ? addrinfo{} : *hints;
    address_only.ai_flags |= AI_NUMERICHOST;
    return real(node, service, &address_only, result);
}
