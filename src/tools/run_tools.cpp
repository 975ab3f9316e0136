#include "call_clock.hpp"
#include "chat/finish_reason.hpp"
#include "failures.hpp"
#include "tools/make_call.hpp"
#include "tools/waiting_calls.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/run_tools.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cloud_backend {

namespace {

void check(const RunToolsOptions& options) {
    if (options.max_rounds < 1) throw ConfigError("RunToolsOptions::max_rounds is less than 1");
    if (!options.call.idempotency_key.empty()) {
        throw ConfigError("one idempotency key does not serve several requests");
    }
    if (!options.now) throw ConfigError("RunToolsOptions::now is empty");
}

void check(const std::vector<CallableTool>& tools, const std::vector<Tool>& others) {
    std::set<std::string_view> names;
    for (const Tool& other : others) names.insert(other.name);
    for (const CallableTool& tool : tools) {
        const std::string& name = tool.tool.name;
        if (name.empty()) throw ConfigError("a tool has no name");
        if (!tool.call) throw ConfigError("the tool \"" + name + "\" has no function");
        if (!names.insert(name).second) {
            throw ConfigError("there are two tools called \"" + name + '"');
        }
    }
}

/// Servers may count what they like.
std::int64_t saturating_sum(std::int64_t a, std::int64_t b) {
    using Limits = std::numeric_limits<std::int64_t>;
    if (b > 0 && a > Limits::max() - b) return Limits::max();
    if (b < 0 && a < Limits::min() - b) return Limits::min();
    return a + b;
}

void add(Usage& sum, const Usage& usage) {
    for (const auto count :
         {&Usage::prompt_tokens, &Usage::completion_tokens, &Usage::total_tokens,
          &Usage::cached_tokens, &Usage::prompt_audio_tokens, &Usage::reasoning_tokens,
          &Usage::completion_audio_tokens, &Usage::accepted_prediction_tokens,
          &Usage::rejected_prediction_tokens}) {
        sum.*count = saturating_sum(sum.*count, usage.*count);
    }
}

bool is_forced(const std::optional<ToolChoice>& choice) {
    return choice && choice->kind() != ToolChoice::Kind::automatic &&
           choice->kind() != ToolChoice::Kind::none;
}

class ToolLoop {
public:
    /// `on_chunk` is null when plain answers are asked for.
    ToolLoop(ChatBackend& backend, ChatRequest& request, const std::vector<CallableTool>& tools,
             const ChunkCallback* on_chunk, const RunToolsOptions& options)
        : backend_(backend),
          conversation_(request.messages),
          tools_(tools),
          on_chunk_(on_chunk),
          options_(options),
          clock_(options.now, options.call.deadline),
          waiting_(detail::waiting_calls(request.messages)),
          request_(request) {
        for (const CallableTool& tool : tools) request_.tools.push_back(tool.tool);
    }

    [[nodiscard]] ToolRun run() {
        make_calls(waiting_);
        while (run_.rounds < options_.max_rounds) {
            ask();
            if (const auto end = take_answer()) {
                run_.end = *end;
                break;
            }
        }
        return std::move(run_);
    }

private:
    void ask() {
        const bool has_results = !conversation_.empty() && conversation_.back().role == Role::tool;
        if (has_results && is_forced(request_.tool_choice)) request_.tool_choice.reset();
        tell({.kind = ToolStep::Kind::asking, .round = run_.rounds + 1});
        give_up_if_cancelled();
        run_.completion = answer();
        ++run_.rounds;
        if (const auto& usage = run_.completion.usage) add(run_.usage, *usage);
    }

    [[nodiscard]] ChatCompletion answer() {
        CallOptions options = options_.call;
        if (const auto left = clock_.time_left(clock_.now())) {
            options.deadline = std::chrono::ceil<std::chrono::milliseconds>(*left);
        }
        if (on_chunk_ == nullptr) return backend_.chat_completion(request_, options);
        const auto deliver = [this](const ChatChunk& chunk) {
            stopped_ = !clock_.off_the_clock([&] { return (*on_chunk_)(chunk); });
            return !stopped_;
        };
        return backend_.chat_completion(request_, deliver, options);
    }

    /// Why the run ends with it; empty: the next round is due.
    [[nodiscard]] std::optional<ToolRun::End> take_answer() {
        ChatCompletion& answer = run_.completion;
        const auto end = end_with(answer);
        const bool is_kept = end != ToolRun::End::cut && end != ToolRun::End::stopped;
        if (is_kept && !answer.choices.empty()) {
            Message& message = answer.choices.front().message;
            message.role = Role::assistant;  // Whatever the server called itself.
            detail::complete_ids(message, conversation_);
            append(message);
        }
        tell({.kind = ToolStep::Kind::answered, .round = run_.rounds, .answer = &answer});
        if (!end) make_calls(answer.choices.front().message.tool_calls);
        return end;
    }

    [[nodiscard]] std::optional<ToolRun::End> end_with(const ChatCompletion& answer) const {
        if (stopped_) return ToolRun::End::stopped;
        if (answer.choices.empty() || answer.choices.front().message.tool_calls.empty()) {
            return ToolRun::End::answered;
        }
        if (detail::ended_early(answer.finish_reason())) return ToolRun::End::cut;
        return std::nullopt;
    }

    void make_calls(const std::vector<ToolCall>& calls) {
        for (const ToolCall& call : calls) {
            tell({.kind = ToolStep::Kind::calling, .round = run_.rounds, .call = &call});
            give_up_if_cancelled();
            const auto outcome = clock_.off_the_clock(
                [&] { return detail::make_call(tools_, request_.tools, call); });
            append(Message::tool(call.id, outcome.text));
            tell({.kind = ToolStep::Kind::called,
                  .round = run_.rounds,
                  .call = &call,
                  .result = outcome.text,
                  .failed = outcome.failed});
        }
    }

    void append(const Message& message) {
        request_.messages.push_back(message);
        conversation_.push_back(message);
    }

    void give_up_if_cancelled() const {
        if (options_.call.stop.stop_requested()) raise(detail::cancellation());
    }

    void tell(const ToolStep& step) {
        if (options_.on_step) clock_.off_the_clock([&] { options_.on_step(step); });
    }

    ChatBackend& backend_;
    std::vector<Message>& conversation_;
    const std::vector<CallableTool>& tools_;
    const ChunkCallback* on_chunk_;
    const RunToolsOptions& options_;
    detail::CallClock clock_;
    std::vector<ToolCall> waiting_;
    ChatRequest request_;  ///< As it is sent, with the tools.
    ToolRun run_{.end = ToolRun::End::max_rounds};
    bool stopped_ = false;  ///< By the chunk callback.
};

ToolRun run(ChatBackend& backend, ChatRequest& request, const std::vector<CallableTool>& tools,
            const ChunkCallback* on_chunk, const RunToolsOptions& options) {
    check(options);
    check(tools, request.tools);
    return ToolLoop(backend, request, tools, on_chunk, options).run();
}

}  // namespace

ToolRun run_tools(ChatBackend& backend, ChatRequest& request,
                  const std::vector<CallableTool>& tools, const RunToolsOptions& options) {
    return run(backend, request, tools, nullptr, options);
}

ToolRun run_tools(ChatBackend& backend, ChatRequest& request,
                  const std::vector<CallableTool>& tools, const ChunkCallback& on_chunk,
                  const RunToolsOptions& options) {
    return run(backend, request, tools, &on_chunk, options);
}

ToolRun run_tools(ChatBackend& backend, ChatRequest& request,
                  const std::vector<CallableTool>& tools, StreamEventHandlers handlers,
                  const RunToolsOptions& options) {
    StreamEvents events(std::move(handlers));
    const ChunkCallback on_chunk([&events](const ChatChunk& chunk) { events(chunk); });
    RunToolsOptions with_ends = options;
    with_ends.on_step = [&](const ToolStep& step) {
        if (step.kind == ToolStep::Kind::answered) events.finish();
        if (options.on_step) options.on_step(step);
    };
    return run(backend, request, tools, &on_chunk, with_ends);
}

}  // namespace cloud_backend
