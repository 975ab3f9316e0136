#include "../support/chosen_seed.hpp"
#include "../support/random_answer.hpp"
#include "../support/random_events.hpp"
#include "../support/slow_build.hpp"
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// SPEC C3, S2: an answer that is streamed in any way, in deltas and in bytes, is that answer.
namespace cloud_backend::test {
namespace {

using Json = nlohmann::json;

// --- all that a completion says, to be compared and printed --------------------------------------

Json view_of(const ToolCall& call) {
    return {{"id", call.id},
            {"type", call.type},
            {"name", call.name},
            {"arguments", call.arguments},
            {"function_extra", call.function_extra.parse()},
            {"extra", call.extra.parse()}};
}

Json view_of(const Choice& choice) {
    const Message& message = choice.message;
    Json calls = Json::array();
    for (const ToolCall& call : message.tool_calls) calls.push_back(view_of(call));
    return {{"index", choice.index},
            {"role", message.role},
            {"content", message.content},
            {"reasoning", message.reasoning},
            {"refusal", message.refusal},
            {"tool_calls", calls},
            {"annotations", message.annotations.parse()},
            {"extra", message.extra.parse()},
            {"finish_reason", choice.finish_reason},
            {"logprobs", choice.logprobs.parse()}};
}

Json view_of(const std::optional<Usage>& usage) {
    if (!usage) return {};
    return {usage->prompt_tokens, usage->completion_tokens, usage->total_tokens,
            usage->raw.parse()};
}

Json view_of(const ChatCompletion& answer) {
    Json choices = Json::array();
    for (const Choice& choice : answer.choices) choices.push_back(view_of(choice));
    return {{"id", answer.id},
            {"created", answer.created},
            {"model", answer.model},
            {"choices", choices},
            {"usage", view_of(answer.usage)},
            {"service_tier", answer.service_tier},
            {"system_fingerprint", answer.system_fingerprint},
            {"extra", answer.extra.parse()}};
}

// --- bytes ---------------------------------------------------------------------------------------

/// The stream of these events, in one of the ways that SPEC S1 allows.
std::string framed(Random& random, const std::vector<std::string>& events) {
    constexpr std::array line_ends{"\n", "\r\n", "\r"};
    const std::string line_end = any_of(random, line_ends);
    const std::string space = one_in(random, 4) ? "" : " ";
    std::string stream = one_in(random, 4) ? "\xEF\xBB\xBF" : "";
    const auto add = [&](std::string_view data) {
        if (one_in(random, 4)) stream += ": comment" + line_end;
        if (one_in(random, 8)) stream += "id: 7" + line_end + "event: message" + line_end;
        for (std::size_t begin = 0; begin <= data.size();) {
            const std::size_t end = std::min(data.find('\n', begin), data.size());
            stream += "data:" + space;
            stream.append(data.substr(begin, end - begin)) += line_end;
            begin = end + 1;
        }
        stream += line_end;
    };
    for (const std::string& event : events) add(event);
    if (one_in(random, 2)) add("[DONE]");
    // The last event may lack the line ends behind it (S5).
    if (one_in(random, 4)) stream.erase(stream.find_last_not_of("\r\n") + 1);
    return stream;
}

/// Pieces of at most `largest` bytes.
std::vector<std::string_view> cut(Random& random, std::string_view bytes, std::size_t largest) {
    std::vector<std::string_view> pieces;
    while (!bytes.empty()) {
        const std::size_t size = 1 + pick(random, std::min(bytes.size(), largest));
        pieces.push_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    return pieces;
}

Json read(const std::vector<std::string_view>& pieces, std::size_t choices) {
    const ChunkCallback ignore([](const ChatChunk&) {});
    detail::ChatStreamReader reader(ignore, {.expected_choices = static_cast<int>(choices)},
                                    std::make_unique<detail::ChunkDecoder>(std::size_t{64}));
    reader.begin({.status = 200, .headers = {{"Content-Type", "text/event-stream"}}});
    Reading reading = NeedMore{};
    for (const std::string_view piece : pieces) {
        // From memory of exactly this size, so that a sanitizer sees reads beyond it.
        const std::vector<char> copy(piece.begin(), piece.end());
        reading = reader.on_body({copy.data(), copy.size()});
        if (!std::holds_alternative<NeedMore>(reading)) break;
    }
    if (std::holds_alternative<NeedMore>(reading)) reading = reader.on_end();
    if (const auto* error = std::get_if<ErrorDetails>(&reading)) return error->message;
    if (reader.malformed_chunks() > 0) return "malformed chunks";
    return view_of(reader.take());
}

// --- the property --------------------------------------------------------------------------------

void expect_same_when_streamed(Random& random, const ChatCompletion& answer) {
    const Json expected = view_of(answer);
    for (int way = 0; way < 2; ++way) {
        const std::string stream = framed(random, random_events(random, answer));
        for (const std::size_t largest : {std::size_t{1}, std::size_t{40}, stream.size()}) {
            ASSERT_EQ(read(cut(random, stream, largest), answer.choices.size()), expected)
                << "in pieces of up to " << largest << " bytes:\n"
                << stream;
        }
    }
}

/// How many answers had what.
using Seen = std::map<std::string_view, std::size_t>;

void count(const ChatCompletion& answer, Seen& seen) {
    const auto any = [&](auto&& has) { return std::ranges::any_of(answer.choices, has); };
    seen["several choices"] += answer.choices.size() > 1;
    seen["content"] += any([](const Choice& c) { return !c.message.content.empty(); });
    seen["reasoning"] += any([](const Choice& c) { return !c.message.reasoning.empty(); });
    seen["refusal"] += any([](const Choice& c) { return !c.message.refusal.empty(); });
    seen["parallel calls"] += any([](const Choice& c) { return c.message.tool_calls.size() > 1; });
    const auto any_call = [&](auto&& has) {
        return any([&](const Choice& c) { return std::ranges::any_of(c.message.tool_calls, has); });
    };
    seen["custom calls"] += any_call([](const ToolCall& call) { return call.type == "custom"; });
    seen["unknown fields of functions"] +=
        any_call([](const ToolCall& call) { return !call.function_extra.empty(); });
    seen["unknown fields"] += any([](const Choice& c) { return !c.message.extra.empty(); });
    seen["usage"] += answer.usage.has_value();
}

TEST(AccumulatorProperty, AnyDeltasAndAnyCutOfTheBytesGiveTheSameCompletion) {
    constexpr std::size_t answers = slow_build ? 200 : 2'000;
    const std::uint64_t seed = chosen_seed();
    Random random(seed);
    Seen seen;
    for (std::size_t i = 0; i < answers; ++i) {
        const ChatCompletion answer = random_answer(random);
        count(answer, seen);
        expect_same_when_streamed(random, answer);
        ASSERT_FALSE(testing::Test::HasFatalFailure())
            << "answer " << i << " of --gtest_random_seed=" << seed;
    }
    EXPECT_EQ(seen.size(), 9U);
    for (const auto& [what, times] : seen) EXPECT_GT(times, answers / 20) << what;
}

}  // namespace
}  // namespace cloud_backend::test
