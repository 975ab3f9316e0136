#include "told_stream.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/stream_events.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Events and completions of random streams agree.
namespace cloud_backend::test {
namespace {

/// Draws what a stream is made of; the same seed draws the same.
class Dice {
public:
    explicit Dice(unsigned seed) : random_(seed) {}

    /// 0 to `count - 1`.
    std::size_t below(std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
    }
    bool once_in(std::size_t times) { return below(times) == 0; }
    std::string one_of(const std::vector<std::string>& texts) { return texts[below(texts.size())]; }

private:
    std::mt19937 random_;
};

struct Told {
    ToldStream events{};
    ChatCompletion completion{};
};

Told tell(const std::vector<ChatChunk>& chunks) {
    Told told;
    StreamEvents events(told.events.handlers());
    ChatAccumulator accumulator;
    for (const ChatChunk& chunk : chunks) {
        accumulator.add(chunk);
        events(chunk);
    }
    events.finish();
    told.completion = accumulator.completion();
    return told;
}

/// The pieces of one call, as a server that knows what it does sends them.
std::vector<ToolCallDelta> pieces_of_call(Dice& dice, std::size_t position, bool with_index) {
    std::optional<int> index;
    if (with_index) index = static_cast<int>(position);
    const bool repeats_head = dice.once_in(3);
    ToolCallDelta head{.index = index,
                       .id = "call-" + std::to_string(position),
                       .type = "function",
                       .name = dice.one_of({"f", "g"})};
    std::string arguments = dice.one_of({"{}", R"({"x":[1,2]})", R"({"a":"}\"{"})", "[{}]"});
    std::vector<ToolCallDelta> pieces;
    while (pieces.empty() || !arguments.empty()) {
        ToolCallDelta piece = pieces.empty() || repeats_head ? head : ToolCallDelta{.index = index};
        const auto cut = dice.below(arguments.size() + 1);
        piece.arguments = arguments.substr(0, cut);
        arguments.erase(0, cut);
        if (dice.once_in(5)) piece.function_extra = RawJson::trusted(R"({"f":[2]})");
        if (dice.once_in(5)) piece.extra = RawJson::trusted(R"({"k":[1]})");
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

/// The pieces of some calls, one call after the other or, where indexes tell them apart, in turns.
std::vector<ToolCallDelta> pieces_of_calls(Dice& dice) {
    const bool with_index = dice.once_in(2);
    const bool in_turns = with_index && dice.once_in(2);
    std::vector<ToolCallDelta> all;
    const auto calls = dice.below(5);
    for (std::size_t position = 0; position < calls; ++position) {
        // Calls start in order; a piece of a later one may come before one of an earlier.
        std::size_t at = all.size();
        for (auto& piece : pieces_of_call(dice, position, with_index)) {
            all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), std::move(piece));
            at = at + 1;
        }
        if (!in_turns || position == 0) continue;
        const auto is_of_this = [&](const ToolCallDelta& piece) {
            return piece.index == static_cast<int>(position);
        };
        const auto begin = std::ranges::find_if(all, is_of_this);
        if (begin == all.begin()) continue;
        std::rotate(begin - 1, begin, begin + 1);
    }
    return all;
}

ChatChunk chunk_at(int choice, Delta delta, std::string finish_reason = {}) {
    return {.choices = {{.index = choice,
                         .delta = std::move(delta),
                         .finish_reason = std::move(finish_reason)}}};
}

Delta random_text(Dice& dice) {
    return {.content = dice.one_of({"", "one", " two"}),
            .reasoning = dice.one_of({"", "", "hm"}),
            .refusal = dice.one_of({"", "", "no"})};
}

std::vector<ChatChunk> chunks_of_choice(Dice& dice, int index) {
    std::vector<ChatChunk> chunks{chunk_at(index, {.role = Role::assistant})};
    for (auto& piece : pieces_of_calls(dice)) {
        if (dice.once_in(3)) chunks.push_back(chunk_at(index, random_text(dice)));
        Delta& last = chunks.back().choices[0].delta;
        if (dice.once_in(4)) {
            last.tool_calls.push_back(std::move(piece));
        } else {
            chunks.push_back(chunk_at(index, {.tool_calls = {std::move(piece)}}));
        }
    }
    if (!dice.once_in(4)) chunks.back().choices[0].finish_reason = "tool_calls";
    if (dice.once_in(4)) chunks.push_back(chunk_at(index, {}, "stop"));
    return chunks;
}

/// Merges the chunks of several choices, each in its order.
std::vector<ChatChunk> random_stream(Dice& dice) {
    std::vector<std::vector<ChatChunk>> choices;
    const auto count = 1 + dice.below(3);
    for (std::size_t index = 0; index < count; ++index) {
        choices.push_back(chunks_of_choice(dice, static_cast<int>(index)));
        std::ranges::reverse(choices.back());
    }
    std::vector<ChatChunk> stream;
    while (!choices.empty()) {
        const auto next = dice.below(choices.size());
        stream.push_back(std::move(choices[next].back()));
        choices[next].pop_back();
        if (choices[next].empty()) {
            choices.erase(choices.begin() + static_cast<std::ptrdiff_t>(next));
        }
        if (dice.once_in(5)) {
            stream.back().usage = Usage{.total_tokens = static_cast<int>(stream.size())};
        }
    }
    return stream;
}

/// A chunk of a server that knows nothing of what it sent before.
ChatChunk wild_chunk(Dice& dice) {
    ChatChunk chunk = chunk_at(static_cast<int>(dice.below(2)), random_text(dice));
    ChunkChoice& choice = chunk.choices[0];
    for (auto calls = dice.below(3); calls > 0; --calls) {
        ToolCallDelta call{.id = dice.one_of({"", "", "a", "b", "c"}),
                           .name = dice.one_of({"", "", "f", "g"}),
                           .arguments = dice.one_of({"", "{", "}", "{}", " ", "[", "]", "x"})};
        if (dice.once_in(2)) call.index = static_cast<int>(dice.below(3));
        choice.delta.tool_calls.push_back(std::move(call));
    }
    if (dice.once_in(10)) choice.finish_reason = "tool_calls";
    return chunk;
}

bool starts_after_done(const std::vector<std::string>& log) {
    const auto is = [](std::string_view word) {
        return [word](const std::string& event) { return event.find(word) != std::string::npos; };
    };
    return std::any_of(std::ranges::find_if(log, is(" done[")), log.end(), is(" started["));
}

TEST(StreamEventsProperty, EventsOfRandomStreamsTellTheWholeCompletion) {
    std::size_t calls = 0;
    std::size_t done_early = 0;
    for (unsigned seed = 0; seed < 5'000 && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Dice dice(seed);
        const auto told = tell(random_stream(dice));
        expect_same(told.events, told.completion);
        for (const auto& choice : told.completion.choices) {
            calls += choice.message.tool_calls.size();
        }
        done_early += static_cast<std::size_t>(starts_after_done(told.events.log));
    }
    EXPECT_GT(calls, 5'000u);
    EXPECT_GT(done_early, 500u);
}

/// Nothing but what came too late is missing.
TEST(StreamEventsProperty, EventsOfWildStreamsTellEachCallOnce) {
    std::size_t late = 0;
    for (unsigned seed = 0; seed < 5'000 && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Dice dice(seed);
        std::vector<ChatChunk> stream(1 + dice.below(10));
        std::ranges::generate(stream, [&dice] { return wild_chunk(dice); });
        const auto told = tell(stream);
        expect_same_but_calls(told.events, told.completion);
        for (const auto& choice : told.completion.choices) {
            for (std::size_t position = 0; position < choice.message.tool_calls.size();
                 ++position) {
                const auto& whole = choice.message.tool_calls[position];
                const auto& call = told.events.choices.at(choice.index).calls.at(position);
                ASSERT_TRUE(call.done);
                EXPECT_EQ(call.done->arguments, call.arguments);
                EXPECT_TRUE(whole.arguments.starts_with(call.arguments));
                late += static_cast<std::size_t>(whole.arguments != call.arguments);
            }
        }
    }
    EXPECT_GT(late, 0u);
}

}  // namespace
}  // namespace cloud_backend::test
