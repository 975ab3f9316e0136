#pragma once

#include <cloud_backend/message.hpp>
#include <cloud_backend/request_dialect.hpp>

#include <string>

namespace cloud_backend::detail {

/// A message of a request (SPEC C1). Throws a `ConfigError` in which `where` names the message.
[[nodiscard]] std::string message_json(const Message& message, const std::string& where,
                                       const RequestDialect& dialect = {});

}  // namespace cloud_backend::detail
