#pragma once

#include "chat/answer_format.hpp"
#include "chat/json_body.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/transport.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace cloud_backend::detail {

/// An answer that is one JSON document: its body, and the completion it amounts to.
class AnswerDocument {
public:
    /// `format` must outlive the document.
    AnswerDocument(const LimitOptions& limits, const AnswerFormat& format)
        : max_depth_(limits.json_depth), format_(format), body_(limits) {}

    /// A new, empty one.
    void begin(const ResponseHead& head);
    /// The error, once more came than may be held (SPEC T8).
    [[nodiscard]] std::optional<ErrorDetails> append(std::string_view bytes) {
        return body_.append(bytes);
    }
    /// The first line is over, and is JSON but no answer: an error, or followed by something else.
    /// What has come are then the lines of a stream, not a document (SPEC S7).
    [[nodiscard]] bool begins_with_bare_line();
    /// The bytes that have come, which are not to be read as a document.
    [[nodiscard]] std::string take_bytes() noexcept { return body_.take_bytes(); }
    /// Reads what has come as the whole of it (SPEC E3, T4). Uses it up.
    [[nodiscard]] std::variant<ChatCompletion, ErrorDetails> read();

    /// See `JsonBody`.
    [[nodiscard]] ErrorDetails unexpected(std::string message, bool maybe_cut) const {
        return body_.unexpected(std::move(message), maybe_cut);
    }
    [[nodiscard]] const std::string& content_type() const noexcept { return body_.content_type(); }

private:
    std::size_t max_depth_;
    const AnswerFormat& format_;
    JsonBody body_;
    /// What the first line shows; `no_answer`: a document only if nothing follows.
    enum class FirstLine { coming, no_answer, document };
    FirstLine first_line_ = FirstLine::coming;
    std::size_t searched_ = 0;  ///< Bytes that need not be looked at again for it.
};

}  // namespace cloud_backend::detail
