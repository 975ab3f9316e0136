#pragma once

#include <cloud_backend/log.hpp>

#include <spdlog/logger.h>

#include <memory>
#include <string_view>
#include <utility>

namespace cloud_backend {

/// A `LogSink` that writes to `logger`, which it keeps alive. The only header that needs spdlog.
[[nodiscard]] inline LogSink spdlog_sink(std::shared_ptr<spdlog::logger> logger) {
    return [logger = std::move(logger)](LogLevel level, std::string_view text) {
        // Both enumerations have the same order; spdlog has `critical` before `off`.
        const auto spdlog_level = level == LogLevel::off
                                      ? spdlog::level::off
                                      : static_cast<spdlog::level::level_enum>(level);
        logger->log(spdlog_level, spdlog::string_view_t(text.data(), text.size()));
    };
}

}  // namespace cloud_backend
