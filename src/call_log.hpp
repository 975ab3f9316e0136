#pragma once

#include "http/log.hpp"

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/transport.hpp>

#include <cstddef>
#include <string_view>

namespace cloud_backend::detail {

/// One line for an attempt that is over: what was asked, how it went, what follows (SPEC E4).
void log_attempt(const Log& log, const HttpRequest& request, const AttemptInfo& attempt,
                 std::size_t number, std::string_view request_id);

}  // namespace cloud_backend::detail
