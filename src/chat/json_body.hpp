#pragma once

#include "chat/json_document.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/transport.hpp>

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace cloud_backend::detail {

/// The body of an answer that is one JSON document: its bytes, and the JSON they are.
class JsonBody {
public:
    explicit JsonBody(const LimitOptions& limits) : limits_(limits), document_(limits.json_depth) {}

    /// A new, empty one.
    void begin(const ResponseHead& head);
    /// The error, once more came than may be held (SPEC T8).
    [[nodiscard]] std::optional<ErrorDetails> append(std::string_view bytes);
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::string take_bytes() noexcept { return std::exchange(bytes_, {}); }

    /// Parses what has come as the whole of it (SPEC E3, T4), once. The element lives until the
    /// next `begin`.
    [[nodiscard]] std::variant<simdjson::dom::element, ErrorDetails> parse();
    /// The text that was parsed, which is taken away: to be asked once.
    [[nodiscard]] std::string take_source();

    /// The error for an answer that is not what was promised. `maybe_cut` says that its end may be
    /// missing, should the end not have been marked (T4).
    [[nodiscard]] ErrorDetails unexpected(std::string message, bool maybe_cut) const;
    [[nodiscard]] const std::string& content_type() const noexcept { return content_type_; }

private:
    LimitOptions limits_;
    std::string content_type_{};
    bool framed_ = false;
    std::size_t expected_bytes_ = 0;
    std::string bytes_{};
    JsonDocument document_;
};

}  // namespace cloud_backend::detail
