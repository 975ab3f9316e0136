#pragma once

#include "chat/answer_format.hpp"

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

/// An answer that is one JSON document: its bytes, and what they amount to.
class AnswerDocument {
public:
    /// `format` must outlive the document.
    AnswerDocument(const LimitOptions& limits, const AnswerFormat& format)
        : limits_(limits), format_(format) {}

    /// A new, empty one.
    void begin(const ResponseHead& head);
    /// The error, once more came than may be held (SPEC T8).
    [[nodiscard]] std::optional<ErrorDetails> append(std::string_view bytes);
    /// The first line is over, and is JSON but no answer: an error, or followed by something else.
    /// What has come are then the lines of a stream, not a document (SPEC S7).
    [[nodiscard]] bool begins_with_bare_line();
    /// The bytes that have come, which are not to be read as a document.
    [[nodiscard]] std::string take_bytes() noexcept { return std::exchange(body_, {}); }
    /// Reads what has come as the whole of it (SPEC E3, T4). Uses it up.
    [[nodiscard]] std::variant<ChatCompletion, ErrorDetails> read();

    /// The error for an answer that is not what was promised. `maybe_cut` says that its end may be
    /// missing, should the end not have been marked (T4).
    [[nodiscard]] ErrorDetails unexpected(std::string message, bool maybe_cut) const;
    [[nodiscard]] const std::string& content_type() const noexcept { return content_type_; }

private:
    LimitOptions limits_;
    const AnswerFormat& format_;
    std::string content_type_{};
    bool framed_ = false;
    std::string body_{};
    /// What the first line shows; `no_answer`: a document only if nothing follows.
    enum class FirstLine { coming, no_answer, document };
    FirstLine first_line_ = FirstLine::coming;
    std::size_t searched_ = 0;  ///< Bytes that need not be looked at again for it.
};

}  // namespace cloud_backend::detail
