#pragma once

#include "call_clock.hpp"
#include "credentials.hpp"
#include "http/log.hpp"

#include <cloud_backend/call_info.hpp>
#include <cloud_backend/headers.hpp>
#include <cloud_backend/hooks.hpp>
#include <cloud_backend/response_reader.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace cloud_backend::detail {

/// What a call is about, for those who are told of it. What it refers to must outlive the call.
struct CallSubject {
    ServerInfo server{};
    std::string operation{};
    std::string model{};
};

/// Tells the hooks of one call. Their time is the user's (SPEC T5), and what they throw ends with
/// a warning.
class CallHooks {
public:
    /// What is referred to must outlive this. `request` are the headers that the caller gave.
    CallHooks(CallSubject subject, const Headers& request, const Hooks& hooks, const Log& log,
              CallClock& clock);

    /// `arguments` follow upon what identifies the call.
    template <class... Parameters, class... Arguments>
    void tell(std::function<void(const CallInfo&, Parameters...)> Hooks::*hook,
              const Arguments&... arguments) noexcept {
        const auto& function = hooks_.*hook;
        if (function) guard([&] { function(info(), arguments...); });
    }
    void tell_end(std::optional<ErrorCode> error, const CallMetadata& metadata,
                  const ResponseReader& reader) noexcept;

    /// Sets what `Hooks::trace_headers` asks for in the headers of an attempt, and takes back what
    /// that of the attempt before asked for.
    void carry_trace(Headers& request, const Credentials& credentials);

private:
    [[nodiscard]] CallInfo info() const noexcept;

    template <class Hook>
    void guard(Hook&& run) noexcept {
        try {
            clock_.off_the_clock(run);
        } catch (...) {
            log_(LogLevel::warning, "a hook threw; the call goes on");
        }
    }

    const CallSubject subject_;
    const std::string traceparent_;
    const std::uint64_t id_;
    const Hooks& hooks_;
    const Log& log_;
    CallClock& clock_;
    std::optional<Headers> untraced_{};  ///< The headers before the first trace was set.
};

}  // namespace cloud_backend::detail
