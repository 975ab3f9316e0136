#pragma once

#include <cloud_backend/raw_json.hpp>

#include <simdjson.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

// The content blocks of an answer, kept so that they can be sent back as they came.
namespace cloud_backend::detail {

/// The field of `Message::extra` and `Delta::extra` that holds all content blocks of an Anthropic
/// answer, signatures and all: a list, as it must be sent back to them, and to nobody else.
inline constexpr std::string_view anthropic_content = "anthropic_content";

/// What a call of a tool asks with, as JSON text; `{}` when the block has no object there.
[[nodiscard]] std::string input_of(simdjson::dom::object tool_use);

/// A content block of a stream, as a whole answer would have it.
class AnthropicBlock {
public:
    explicit AnthropicBlock(simdjson::dom::object start);

    void add(simdjson::dom::object delta);

    /// A `Message` says all of it.
    [[nodiscard]] bool is_plain() const noexcept { return plain_; }
    /// A text of nothing, which the service sends but takes from nobody.
    [[nodiscard]] bool is_blank() const noexcept { return blank_; }
    /// Empty when it was cut, or grew in a way that is not known.
    [[nodiscard]] std::optional<std::string> json() const;

private:
    struct Text {
        std::string_view name;
        std::optional<std::string> value{};
    };
    /// Null: a member of this name does not grow by pieces of a text.
    [[nodiscard]] Text* text_member(std::string_view name) noexcept;

    std::string members_{};  ///< Those that do not grow.
    std::array<Text, 4> texts_{{{"text"}, {"thinking"}, {"signature"}, {"content"}}};
    std::string input_{};
    std::string input_pieces_{};  ///< Take the place of `input_`.
    std::string citations_{};     ///< The elements of their list.
    bool plain_;
    bool blank_;
    bool whole_ = true;
};

/// All content of an answer.
class KeptContent {
public:
    void add(simdjson::dom::element value);
    void add(const AnthropicBlock& block);
    /// An object with `anthropic_content`; empty when the message says all without it.
    [[nodiscard]] RawJson extra() const;

private:
    std::string list_{};  ///< Its elements.
    bool plain_ = true;
    bool whole_ = true;
};

}  // namespace cloud_backend::detail
