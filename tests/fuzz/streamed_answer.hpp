#pragma once

#include "chat/chat_reader.hpp"
#include "fuzzing.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// A streamed answer from its bytes to its chunks, whatever the protocol: the same whatever the
// cuts, and never a success without an end (T4).
namespace cloud_backend::fuzz {

/// All that a reader tells of an answer.
struct Account {
    std::vector<std::string> chunks{};
    std::size_t reading_kind{};
    std::string message{};
    std::size_t events_seen{};
    std::size_t malformed_chunks{};
    std::string answer{};

    friend bool operator==(const Account&, const Account&) = default;
};

/// A protocol under test.
struct Protocol {
    std::unique_ptr<detail::AnswerFormat> (*make_format)(std::size_t max_json_depth);
    std::string_view end_of_stream;  ///< What a stream that ends without having finished contains.
    /// The text of an answer, whole or not; checks it.
    std::string (*text_of)(const ChatCompletion& answer);
};

/// Which choices a stream has shown, and whether each has finished.
using Choices = std::map<int, bool>;

inline void note(const ChatChunk& chunk, Choices& choices) {
    for (const auto& choice : chunk.choices) {
        require(choice.finish_reason != "error", "finish_reason error is a failure (T4)");
        choices[choice.index] |= !choice.finish_reason.empty();
    }
}

inline bool all_finished(const Choices& choices, int expected) {
    const auto finished = [](const auto& choice) { return choice.second; };
    return std::ranges::ssize(choices) >= expected && std::ranges::all_of(choices, finished);
}

/// A streamed answer may end with its protocol's mark, or be one JSON document (E3).
inline bool may_end_unfinished(std::string_view input, const Protocol& protocol) {
    const auto first = input.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const bool document = first != std::string_view::npos && input[first] == '{';
    return document || input.find(protocol.end_of_stream) != std::string_view::npos;
}

inline Reading read_all(detail::ChatStreamReader& reader, const Pieces& pieces) {
    for (const auto piece : pieces) {
        auto reading = reader.on_body(OwnedPiece(piece).view());
        if (!std::holds_alternative<NeedMore>(reading)) return reading;
    }
    return reader.on_end();
}

inline Account read(std::string_view input, const Pieces& pieces,
                    const detail::StreamReaderOptions& options, const Protocol& protocol) {
    Account account;
    Choices choices;
    const ChunkCallback on_chunk([&](const ChatChunk& chunk) {
        account.chunks.push_back(chunk.raw.text());
        note(chunk, choices);
    });
    detail::ChatStreamReader reader(on_chunk, options,
                                    protocol.make_format(options.limits.json_depth));
    reader.begin({.status = 200, .headers = {{"Content-Type", "text/event-stream"}}});
    const auto reading = read_all(reader, pieces);

    require(!std::holds_alternative<NeedMore>(reading), "the end brings an answer or an error");
    require(reader.delivered() == !account.chunks.empty(), "it knows whether it delivered (R7)");
    if (const auto* const error = std::get_if<ErrorDetails>(&reading)) {
        account.message = error->message;
        const bool tells_of_retry = error->code == ErrorCode::stream_truncated;
        require(!(tells_of_retry && error->retryable && reader.delivered()),
                "what was delivered is not asked for again (R7)");
    } else {
        require(
            all_finished(choices, options.expected_choices) || may_end_unfinished(input, protocol),
            "no success without an end (T4)");
        require(!options.fail_on_malformed || reader.malformed_chunks() == 0 ||
                    may_end_unfinished(input, protocol),
                "fail_on_malformed fails (E5)");
    }
    account.reading_kind = reading.index();
    account.events_seen = reader.events_seen();
    account.malformed_chunks = reader.malformed_chunks();
    account.answer = protocol.text_of(reader.take());
    return account;
}

inline void check_cuts(std::string_view input, const detail::StreamReaderOptions& options,
                       const Protocol& protocol) {
    const auto ways = ways_to_cut(input);
    const auto whole = read(input, ways.front(), options, protocol);
    for (const auto& pieces : ways) {
        require(read(input, pieces, options, protocol) == whole, "cuts change nothing (S2)");
    }
}

}  // namespace cloud_backend::fuzz
