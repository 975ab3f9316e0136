#pragma once

#include <functional>
#include <string_view>

namespace cloud_backend {

/// How much a line matters; the least a client logs.
enum class LogLevel { trace, debug, info, warning, error, off };

/// Receives each log line as one text without a line end: method, host, path, status, request id,
/// times; never a body, a prompt or a key (SPEC E4). Called on the thread that drives the call,
/// from several threads at once; exceptions are dropped.
using LogSink = std::function<void(LogLevel, std::string_view)>;

}  // namespace cloud_backend
