#pragma once

#include "scripted_backend.hpp"

#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/run_tools.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cloud_backend::test {

inline ToolCall call_of(std::string id, std::string name, std::string arguments = "{}") {
    return {.id = std::move(id), .name = std::move(name), .arguments = std::move(arguments)};
}

inline ChatCompletion calls_of(std::vector<ToolCall> calls,
                               std::string finish_reason = "tool_calls") {
    return {.choices = {{.message = {.role = Role::assistant, .tool_calls = std::move(calls)},
                         .finish_reason = std::move(finish_reason)}}};
}

/// A model that gives the answers of its script in turn, and two tools that note how they were
/// called.
class ToolsFixture : public ::testing::Test {
protected:
    TimePoint now{std::chrono::hours(1)};
    std::deque<std::function<ChatCompletion()>> script{};
    std::vector<ChatRequest> requests{};
    std::vector<CallOptions> asked_with{};
    CallableBackend model{[this](const ChatRequest& asked, const CallOptions& options) {
                              requests.push_back(asked);
                              asked_with.push_back(options);
                              if (script.empty()) throw std::logic_error("asked too often");
                              const auto answer = std::move(script.front());
                              script.pop_front();
                              return answer();
                          },
                          [this] { return now; }};

    std::vector<std::string> called{};  ///< Name and arguments.
    std::vector<CallableTool> tools{tool("weather"), tool("time")};
    ChatRequest request{.model = "m", .messages = {Message::user("Weather?")}};

    /// Tells "result of NAME".
    CallableTool tool(const std::string& name) {
        return CallableTool::function(name, "", {}, [this, name](const RawJson& arguments) {
            called.push_back(name + arguments.text());
            return "result of " + name;
        });
    }

    void answers(ChatCompletion completion) {
        script.emplace_back([completion = std::move(completion)] { return completion; });
    }
    void answers(std::string text) { answers(completion_of(std::move(text))); }

    ToolRun run(RunToolsOptions options = {}) {
        options.now = [this] { return now; };
        return run_tools(model, request, tools, options);
    }

    /// What the model was told of the only call of its first answer.
    std::string told(const ToolCall& call) {
        answers(calls_of({call}));
        answers("done");
        (void)run();
        EXPECT_EQ(requests.size(), 2u);
        EXPECT_EQ(requests.back().messages.back().tool_call_id, call.id);
        return requests.back().messages.back().content;
    }

    /// The contents of the messages behind the user's.
    [[nodiscard]] std::vector<std::string> said() const {
        std::vector<std::string> contents;
        for (std::size_t i = 1; i < request.messages.size(); ++i) {
            contents.push_back(request.messages[i].content);
        }
        return contents;
    }
};

}  // namespace cloud_backend::test
