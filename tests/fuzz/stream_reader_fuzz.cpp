#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "fuzzing.hpp"

#include <map>
#include <memory>
#include <string>
#include <variant>

// A streamed answer from its bytes to its chunks: the same whatever the cuts, and never a success
// without an end (T4).
namespace cloud_backend::fuzz {
namespace {

/// All that a reader tells of an answer.
struct Account {
    std::vector<std::string> chunks{};
    std::size_t reading_kind{};
    std::string message{};
    std::size_t events_seen{};
    std::size_t malformed_chunks{};
    std::string content{};

    friend bool operator==(const Account&, const Account&) = default;
};

/// Which choices a stream has shown, and whether each has finished.
using Choices = std::map<int, bool>;

void note(const ChatChunk& chunk, Choices& choices) {
    for (const auto& choice : chunk.choices) {
        require(choice.finish_reason != "error", "finish_reason error is a failure (T4)");
        choices[choice.index] |= !choice.finish_reason.empty();
    }
}

bool all_finished(const Choices& choices, int expected) {
    const auto finished = [](const auto& choice) { return choice.second; };
    return std::ranges::ssize(choices) >= expected && std::ranges::all_of(choices, finished);
}

/// A streamed answer may end with `[DONE]`, or be one JSON document (E3).
bool may_end_unfinished(std::string_view input) {
    const auto first = input.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const bool document = first != std::string_view::npos && input[first] == '{';
    return document || input.find("[DONE]") != std::string_view::npos;
}

Reading read_all(detail::ChatStreamReader& reader, const Pieces& pieces) {
    for (const auto piece : pieces) {
        auto reading = reader.on_body(OwnedPiece(piece).view());
        if (!std::holds_alternative<NeedMore>(reading)) return reading;
    }
    return reader.on_end();
}

Account read(std::string_view input, const Pieces& pieces,
             const detail::StreamReaderOptions& options) {
    Account account;
    Choices choices;
    const ChunkCallback on_chunk([&](const ChatChunk& chunk) {
        account.chunks.push_back(chunk.raw.text());
        note(chunk, choices);
    });
    detail::ChatStreamReader reader(
        on_chunk, options, std::make_unique<detail::ChunkDecoder>(options.limits.json_depth));
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
        require(all_finished(choices, options.expected_choices) || may_end_unfinished(input),
                "no success without an end (T4)");
        require(!options.fail_on_malformed || reader.malformed_chunks() == 0 ||
                    may_end_unfinished(input),
                "fail_on_malformed fails (E5)");
    }
    account.reading_kind = reading.index();
    account.events_seen = reader.events_seen();
    account.malformed_chunks = reader.malformed_chunks();
    account.content = reader.take().content();
    return account;
}

void check_cuts(std::string_view input, const detail::StreamReaderOptions& options) {
    const auto ways = ways_to_cut(input);
    const auto whole = read(input, ways.front(), options);
    for (const auto& pieces : ways) {
        require(read(input, pieces, options) == whole, "cuts change nothing (S2)");
    }
}

}  // namespace
}  // namespace cloud_backend::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend::fuzz;
    const auto input = as_text(data, size);
    const cloud_backend::LimitOptions limits{.event = 1024, .json_depth = 32};
    check_cuts(input, {.limits = limits});
    check_cuts(input, {.limits = limits, .fail_on_malformed = true, .expected_choices = 2});
    return 0;
}
