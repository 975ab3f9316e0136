#pragma once

#include <cloud_backend/stream_events.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// What the events of a stream amount to. Fails when they come in an order they must not.
class ToldStream {
public:
    struct Call {
        std::string name{};
        std::string arguments{};  ///< Of all pieces.
        std::optional<ToolCall> done{};
    };
    struct Choice {
        std::string content{};
        std::string reasoning{};
        std::string refusal{};
        std::string finish_reason{};
        std::map<std::size_t, Call> calls{};  ///< By position.
    };

    std::map<int, Choice> choices{};  ///< By index; only those with an event.
    std::optional<Usage> usage{};
    std::vector<std::string> log{};  ///< Every event, in words.

    /// They refer to this object.
    [[nodiscard]] StreamEventHandlers handlers() {
        return {.on_content = [this](const TextEvent& event) { on_content(event); },
                .on_reasoning = [this](const TextEvent& event) { on_reasoning(event); },
                .on_refusal = [this](const TextEvent& event) { on_refusal(event); },
                .on_tool_call_started = [this](const auto& event) { on_started(event); },
                .on_tool_call_arguments = [this](const auto& event) { on_arguments(event); },
                .on_tool_call_done = [this](const auto& event) { on_done(event); },
                .on_usage = [this](const Usage& event) { on_usage(event); },
                .on_finish = [this](const FinishEvent& event) { on_finish(event); }};
    }

private:
    void note(int choice, const std::string& what, std::string_view text) {
        log.push_back(std::to_string(choice) + " " + what + " " + std::string(text));
    }
    void note(int choice, std::size_t position, const std::string& what, std::string_view text) {
        note(choice, what + "[" + std::to_string(position) + "]", text);
    }

    void on_content(const TextEvent& event) {
        EXPECT_NE(event.text, "");
        note(event.choice, "content", event.text);
        choices[event.choice].content += event.text;
    }
    void on_reasoning(const TextEvent& event) {
        EXPECT_NE(event.text, "");
        note(event.choice, "reasoning", event.text);
        choices[event.choice].reasoning += event.text;
    }
    void on_refusal(const TextEvent& event) {
        EXPECT_NE(event.text, "");
        note(event.choice, "refusal", event.text);
        choices[event.choice].refusal += event.text;
    }
    void on_started(const ToolCallStartedEvent& event) {
        note(event.choice, event.position, "started",
             std::string(event.id) + ":" + std::string(event.name));
        const auto [at, is_new] = choices[event.choice].calls.try_emplace(event.position);
        EXPECT_TRUE(is_new) << "started twice";
        at->second.name = event.name;
    }
    void on_arguments(const ToolCallArgumentsEvent& event) {
        EXPECT_NE(event.text, "");
        note(event.choice, event.position, "arguments", event.text);
        auto& calls = choices[event.choice].calls;
        ASSERT_TRUE(calls.contains(event.position)) << "not started";
        EXPECT_FALSE(calls[event.position].done) << "done already";
        calls[event.position].arguments += event.text;
    }
    void on_done(const ToolCallDoneEvent& event) {
        note(event.choice, event.position, "done", event.call.arguments);
        auto& calls = choices[event.choice].calls;
        ASSERT_TRUE(calls.contains(event.position)) << "not started";
        Call& call = calls[event.position];
        EXPECT_FALSE(call.done) << "done twice";
        EXPECT_EQ(call.name, event.call.name);
        EXPECT_EQ(call.arguments, event.call.arguments);
        call.done = event.call;
    }
    void on_usage(const Usage& event) {
        log.push_back("usage " + std::to_string(event.total_tokens));
        usage = event;
    }
    void on_finish(const FinishEvent& event) {
        note(event.choice, "finish", event.reason);
        Choice& choice = choices[event.choice];
        EXPECT_EQ(choice.finish_reason, "") << "finished twice";
        const bool early = event.reason == "length" || event.reason == "model_length" ||
                           event.reason == "content_filter";
        for (const auto& [position, call] : choice.calls) {
            EXPECT_EQ(call.done.has_value(), !early || nlohmann::json::accept(call.arguments))
                << "call " << position << " at the finish";
        }
        choice.finish_reason = event.reason;
    }
};

inline void expect_same_call(const ToolCall& told, const ToolCall& call) {
    EXPECT_EQ(told.id, call.id);
    EXPECT_EQ(told.type, call.type);
    EXPECT_EQ(told.name, call.name);
    EXPECT_EQ(told.arguments, call.arguments);
    EXPECT_EQ(told.function_extra, call.function_extra);
    EXPECT_EQ(told.extra, call.extra);
}

/// The events told all of `completion` but its calls.
inline void expect_same_but_calls(const ToldStream& told, const ChatCompletion& completion) {
    for (const auto& choice : completion.choices) {
        const auto found = told.choices.find(choice.index);
        const ToldStream::Choice silent;
        const auto& heard = found == told.choices.end() ? silent : found->second;
        EXPECT_EQ(heard.content, choice.message.content);
        EXPECT_EQ(heard.reasoning, choice.message.reasoning);
        EXPECT_EQ(heard.refusal, choice.message.refusal);
        EXPECT_EQ(heard.finish_reason, choice.finish_reason);
        EXPECT_EQ(heard.calls.size(), choice.message.tool_calls.size());
    }
    ASSERT_EQ(told.usage.has_value(), completion.usage.has_value());
    if (told.usage) {
        EXPECT_EQ(told.usage->total_tokens, completion.usage->total_tokens);
        EXPECT_EQ(told.usage->raw, completion.usage->raw);
    }
}

/// The events told all of `completion`.
inline void expect_same(const ToldStream& told, const ChatCompletion& completion) {
    expect_same_but_calls(told, completion);
    for (const auto& choice : completion.choices) {
        const auto& calls = choice.message.tool_calls;
        for (std::size_t position = 0; position < calls.size(); ++position) {
            const auto& call = told.choices.at(choice.index).calls.at(position);
            ASSERT_TRUE(call.done);
            expect_same_call(*call.done, calls[position]);
        }
    }
}

}  // namespace cloud_backend::test
