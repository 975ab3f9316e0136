#pragma once

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat.hpp>

#include <exception>
#include <variant>

namespace cloud_backend::detail {

/// How a call ended: the answer, or what the blocking form throws.
using ChatResult = std::variant<ChatCompletion, std::exception_ptr>;

/// Tells the one of `on_done` and `on_error` that is due. What it throws is dropped.
void deliver(const CallHandlers& handlers, ChatResult result) noexcept;

}  // namespace cloud_backend::detail
