#pragma once

#include "chat/answer_format.hpp"
#include "chat/anthropic_content.hpp"
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
#include <vector>

namespace cloud_backend::detail {

/// The answers of Anthropic and of those who speak its protocol, as OpenAI's would say them. No
/// allocation per event of text that is read into a chunk which has been in use.
class AnthropicDecoder final : public AnswerFormat {
public:
    explicit AnthropicDecoder(std::size_t max_json_depth);

    void begin() override;
    /// `message_stop` is the end of an answer that has told why it stopped; pings and events that
    /// are not known are no delta. Content blocks that are not known are chunks that say nothing.
    [[nodiscard]] Event decode(std::string_view data, ChatChunk& chunk) override;
    void commit() override;

    [[nodiscard]] std::optional<ErrorDetails> find_failure(
        simdjson::dom::element json) const override;
    [[nodiscard]] std::optional<ChatCompletion> read_completion(
        simdjson::dom::element json) const override;

private:
    struct Block {
        enum class Kind { text, tool_use, thinking, other };
        Kind kind;
        int tool = 0;             ///< Among the tool calls.
        std::string arguments{};  ///< Of a tool, unless they have come; empty: they have.
        AnthropicBlock content;
    };

    // --- what an event changes; the JSON lies in the thread's parser until the next is parsed
    struct Told {
        AnthropicTokens tokens{};
        bool stopped = false;
    };
    struct Begun {
        int at = 0;
        simdjson::dom::object block{};
    };
    struct Continued {
        int at = 0;
        simdjson::dom::object delta{};
    };
    struct Ended {
        int at = 0;
    };
    using Change = std::variant<std::monostate, Told, Begun, Continued, Ended>;

    /// The members of an event, whatever its type.
    struct Fields;

    [[nodiscard]] static Fields read_fields(simdjson::dom::object event);
    [[nodiscard]] Event decode(const Fields& event, ChatChunk& chunk);
    [[nodiscard]] Event message_start(const Fields& event, ChatChunk& chunk);
    [[nodiscard]] Event message_delta(const Fields& event, ChatChunk& chunk);
    [[nodiscard]] Event block_start(const Fields& event, ChatChunk& chunk);
    [[nodiscard]] Event block_delta(const Fields& event, ChatChunk& chunk);
    [[nodiscard]] Event block_stop(const Fields& event, ChatChunk& chunk);

    [[nodiscard]] static Block::Kind kind_of(simdjson::dom::object block);
    [[nodiscard]] Event tool_use(simdjson::dom::object block, ChatChunk& chunk);
    [[nodiscard]] Event arguments(const Block& tool, std::string_view piece, ChatChunk& chunk);
    /// All that is told when the answer is.
    void finish_message(ChatChunk& chunk);

    [[nodiscard]] Event told(ChatChunk& chunk) const;
    /// The chunk, if it says something.
    [[nodiscard]] Event told_unless(bool says_nothing, ChatChunk& chunk) const;

    /// Null: no block with this index is open.
    [[nodiscard]] Block* open_block(int at);
    void apply(const std::monostate& /*nothing*/) {}
    void apply(const Told& told);
    void apply(const Begun& begun);
    void apply(const Continued& continued);
    void apply(const Ended& ended);

    JsonDocument document_;
    std::string buffer_{};
    Change change_{};

    AnthropicTokens tokens_{};
    std::vector<Block> blocks_{};               ///< In the order of their begin.
    std::map<int, std::size_t> open_blocks_{};  ///< Where they are in it, by their index.
    int tool_calls_ = 0;                        ///< Begun so far.
    bool stopped_ = false;                      ///< Has told why.
};

}  // namespace cloud_backend::detail
