#pragma once

#include "call_clock.hpp"
#include "http/log.hpp"

#include <cloud_backend/call_info.hpp>
#include <cloud_backend/headers.hpp>
#include <cloud_backend/hooks.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// What a call is about, for those who are told of it. What it refers to must outlive the call.
struct CallSubject {
    ServerInfo server{};
    std::string_view operation{};
    std::string model{};
};

/// Tells the hooks of one call. Their time is the user's (SPEC T5), and what they throw ends with
/// a warning.
class CallHooks {
public:
    /// What is referred to must outlive this.
    CallHooks(CallSubject subject, const Hooks& hooks, const Log& log, CallClock& clock);

    /// `arguments` follow upon what identifies the call.
    template <class... Parameters, class... Arguments>
    void tell(std::function<void(const CallInfo&, Parameters...)> Hooks::*hook,
              const Headers& request, const Arguments&... arguments) {
        const auto& function = hooks_.*hook;
        if (!function) return;
        guard([&] { function(info(request), arguments...); });
    }

    /// Sets what `Hooks::trace_headers` asks for in the headers of a request.
    void carry_trace(Headers& request);

private:
    [[nodiscard]] CallInfo info(const Headers& request) const noexcept;

    template <class Hook>
    void guard(Hook&& run) {
        try {
            clock_.off_the_clock(run);
        } catch (...) {
            log_(LogLevel::warning, "a hook threw; the call goes on");
        }
    }

    const CallSubject subject_;
    const std::uint64_t id_;
    const Hooks& hooks_;
    const Log& log_;
    CallClock& clock_;
};

}  // namespace cloud_backend::detail
