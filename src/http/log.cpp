#include "http/log.hpp"

#include <cloud_backend/spdlog.hpp>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <string>

namespace cloud_backend::detail {

namespace {

/// An application that registers a logger of this name first has it used in place of ours.
std::shared_ptr<spdlog::logger> library_logger() {
    static std::mutex mutex;
    static const std::string name = "cloud_backend";
    const std::lock_guard lock(mutex);
    if (auto logger = spdlog::get(name)) return logger;
    auto logger = spdlog::stderr_color_mt(name);
    logger->set_level(spdlog::level::trace);  // `Log` has filtered already.
    return logger;
}

}  // namespace

Log::Log(LogSink sink, LogLevel level)
    : sink_(sink ? std::move(sink) : spdlog_sink(library_logger())), level_(level) {}

}  // namespace cloud_backend::detail
