#pragma once

#include <cloud_backend/log.hpp>

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace cloud_backend::detail {

/// The log of one client: a sink, and the level below which nothing is formatted. Thread-safe.
class Log {
public:
    /// An empty sink means the library's own spdlog logger, "cloud_backend".
    Log(LogSink sink, LogLevel level);

    [[nodiscard]] bool enabled(LogLevel level) const noexcept {
        return level >= level_ && level_ != LogLevel::off;
    }

    template <class... Args>
    void operator()(LogLevel level, fmt::format_string<Args...> format,
                    Args&&... args) const noexcept {
        if (!enabled(level)) return;
        try {
            sink_(level, fmt::format(format, std::forward<Args>(args)...));
        } catch (...) {  // A log that fails must not fail the call.
        }
    }

private:
    LogSink sink_;
    LogLevel level_;
};

}  // namespace cloud_backend::detail
