#pragma once

#include <cloud_backend/chat.hpp>

#include <simdjson.h>

#include <optional>

namespace cloud_backend::detail {

/// A whole completion; empty when the JSON is not one (no object, no `choices` array, or choices
/// that cannot be, SPEC A11). Null, missing and mistyped fields are empty (C2). `raw` and
/// `metadata` are left to the caller.
[[nodiscard]] std::optional<ChatCompletion> read_completion(simdjson::dom::element json);

/// The completion as the one chunk of a stream.
[[nodiscard]] ChatChunk as_chunk(const ChatCompletion& completion);

}  // namespace cloud_backend::detail
