#pragma once

#include <cloud_backend/chat_request.hpp>
#include <cloud_backend/request_dialect.hpp>

#include <string>

namespace cloud_backend::detail {

enum class Delivery { whole, streamed };

/// The request's body (SPEC C1): only what is set, `extra` merged last and untouched. Throws
/// `ConfigError` for text that is not UTF-8, `extra` that is no object, or `stream` in it (T11).
[[nodiscard]] std::string to_json(const ChatRequest& request, Delivery delivery,
                                  const RequestDialect& dialect = {});

}  // namespace cloud_backend::detail
