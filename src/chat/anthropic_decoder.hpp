#pragma once

#include "chat/answer_format.hpp"
#include "chat/anthropic_message.hpp"
#include "chat/json_document.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>

#include <simdjson.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

/// The answers of Anthropic and of those who speak its protocol, as OpenAI's would say them. Reads
/// the events of a stream into one chunk that it reuses: no allocation per chunk of text in steady
/// state.
class AnthropicDecoder final : public AnswerFormat {
public:
    explicit AnthropicDecoder(std::size_t max_json_depth);

    void begin() override;
    /// `message_stop` is the end; pings, and events and content blocks that are not known, are no
    /// delta.
    [[nodiscard]] Event decode(std::string_view data) override;
    void commit() override;

    [[nodiscard]] std::optional<ErrorDetails> find_failure(
        simdjson::dom::element json) const override;
    [[nodiscard]] std::optional<ChatCompletion> read_completion(
        simdjson::dom::element json) const override;

private:
    // --- what a content block that is not over has shown
    struct Tool {
        int index = 0;  ///< Among the tool calls.
        bool has_arguments = false;
    };
    struct Thinking {
        std::string text{};
        std::string signature{};
    };
    struct OtherBlock {};
    using Block = std::variant<OtherBlock, Tool, Thinking>;

    // --- what an event changes in that; the texts lie in `document_`
    struct Begun {
        int at = 0;
        Block block{};
    };
    struct ArgumentsCame {
        int at = 0;
    };
    struct ThinkingCame {
        int at = 0;
        std::string_view text{};
        std::string_view signature{};
    };
    struct Ended {
        int at = 0;
    };
    using Change =
        std::variant<std::monostate, AnthropicTokens, Begun, ArgumentsCame, ThinkingCame, Ended>;

    /// The members of an event, whatever its type.
    struct Fields;

    [[nodiscard]] static Fields read_fields(simdjson::dom::object event);
    [[nodiscard]] Event decode(const Fields& event);
    [[nodiscard]] Event message_start(const Fields& event);
    [[nodiscard]] Event message_delta(const Fields& event);
    [[nodiscard]] Event block_start(const Fields& event);
    [[nodiscard]] Event block_delta(const Fields& event);
    [[nodiscard]] Event block_stop(const Fields& event);

    [[nodiscard]] Event tool_use(simdjson::dom::object block, int at);
    [[nodiscard]] Event arguments(std::string_view piece, int at);

    void read_usage(simdjson::dom::element usage);
    void clear_chunk();
    [[nodiscard]] Delta& delta() { return chunk_.choices.front().delta; }
    ToolCallDelta& add_tool_call(int index);
    [[nodiscard]] Event chunk();
    /// The chunk, if it says something.
    [[nodiscard]] Event chunk_unless(bool says_nothing);

    /// Null: no block with this index is open.
    [[nodiscard]] Block* open_block(int at);
    void apply(const std::monostate& /*nothing*/) {}
    void apply(const AnthropicTokens& tokens) { tokens_ = tokens; }
    void apply(const Begun& begun);
    void apply(const ArgumentsCame& came);
    void apply(const ThinkingCame& came);
    void apply(const Ended& ended) { open_blocks_.erase(ended.at); }

    JsonDocument document_;
    ChatChunk chunk_{};
    ToolCallDelta spare_call_{};  ///< Keeps the storage of a tool call while the chunk has none.
    std::string buffer_{};
    Change change_{};

    AnthropicTokens tokens_{};
    std::map<int, Block> open_blocks_{};  ///< By their index.
    int tool_calls_ = 0;                  ///< Begun so far.
};

}  // namespace cloud_backend::detail
