#include "report.hpp"

#include <cloud_backend/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace cloud_chat {

namespace {

using cloud_backend::AttemptInfo;
using cloud_backend::ChatChunk;
using cloud_backend::ChatCompletion;
using cloud_backend::Clock;
using cloud_backend::Duration;
using cloud_backend::ErrorCode;

const std::string uncounted = "tokens not counted by the server";

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string counted(std::int64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string attempts_of(const ChatCompletion& answer) {
    return counted(static_cast<std::int64_t>(answer.metadata.attempts.size()), "attempt");
}

/// A usage that names no tokens is none.
std::int64_t tokens_of(const ChatCompletion& answer) {
    return answer.usage ? answer.usage->completion_tokens : 0;
}

/// The usual end is not worth a word.
std::string ending_of(const ChatCompletion& answer) {
    const std::string_view reason = answer.finish_reason();
    if (reason.empty() || reason == "stop") return {};
    return fmt::format(", finish reason {}", reason);
}

std::string rate(std::int64_t count, Duration time, std::string_view thing) {
    if (count <= 0 || time <= Duration::zero()) return {};
    const double per_second = static_cast<double>(count) / seconds(time);
    return fmt::format(", {:.{}f} {}s/s", per_second, per_second < 100 ? 1 : 0, thing);
}

/// Nothing is known of when its tokens came.
std::string rate_of_whole(const ChatCompletion& answer) {
    const auto& attempts = answer.metadata.attempts;
    const Duration last_attempt = attempts.empty() ? Duration::zero() : attempts.back().duration;
    return rate(tokens_of(answer), last_attempt, "token");
}

std::string problem_of(const AttemptInfo& attempt) {
    if (attempt.error == ErrorCode::timeout) return "no answer in time";
    if (attempt.status == 0) return "connection failed";
    if (attempt.status < 300) return "the answer broke off";
    return fmt::format("status {}", attempt.status);
}

bool holds_tokens(const ChatChunk& chunk) {
    return std::ranges::any_of(chunk.choices, [](const auto& choice) {
        const auto& delta = choice.delta;
        return !delta.content.empty() || !delta.reasoning.empty() || !delta.refusal.empty() ||
               !delta.tool_calls.empty();
    });
}

}  // namespace

std::string describe_retry(const AttemptInfo& attempt) {
    return fmt::format("{}; next attempt in {:.2f} s", problem_of(attempt), seconds(attempt.wait));
}

std::string describe_answer(const ChatCompletion& answer) {
    const std::int64_t tokens = tokens_of(answer);
    return fmt::format("{}, answer after {:.2f} s, {}{}{}", attempts_of(answer),
                       seconds(answer.metadata.total_time),
                       tokens > 0 ? counted(tokens, "token") : uncounted, rate_of_whole(answer),
                       ending_of(answer));
}

void StreamReport::add(const ChatChunk& chunk) {
    if (!holds_tokens(chunk)) return;
    last_ = Clock::now();
    if (chunks_++ == 0) first_ = last_;
    shows_reasoning_ = shows_reasoning_ || !chunk.reasoning().empty();
}

std::string StreamReport::rate_of(const ChatCompletion& answer) const {
    if (!has_begun()) return {};
    const std::int64_t tokens = tokens_of(answer);
    if (tokens <= 0) {
        return rate(static_cast<std::int64_t>(chunks_) - 1, last_ - first_, "chunk");
    }
    // Hidden reasoning came before the first token that was seen.
    const std::int64_t hidden = shows_reasoning_ ? 0 : answer.usage->reasoning_tokens;
    return rate(tokens - hidden - 1, last_ - first_, "token");
}

std::string StreamReport::describe_answer(const ChatCompletion& answer) const {
    if (!has_begun()) return attempts_of(answer) + ", an empty answer" + ending_of(answer);
    const std::int64_t tokens = tokens_of(answer);
    const std::string amount =
        tokens > 0 ? counted(tokens, "token")
                   : fmt::format("{} ({})", counted(static_cast<std::int64_t>(chunks_), "chunk"),
                                 uncounted);
    return fmt::format("{}, first token after {:.2f} s, {}{}{}", attempts_of(answer),
                       seconds(first_token_after()), amount, rate_of(answer), ending_of(answer));
}

std::string describe_statistics(const ChatCompletion& answer, std::string_view backend,
                                const StreamReport* stream) {
    const auto& metadata = answer.metadata;
    std::string text;
    if (stream != nullptr && stream->has_begun()) {
        text += fmt::format("first token after {:.2f} s, ", seconds(stream->first_token_after()));
    }
    text += fmt::format("{:.2f} s in all, ", seconds(metadata.total_time));
    text += tokens_of(answer) > 0 ? fmt::format("{} prompt and {} completion tokens",
                                                answer.usage->prompt_tokens, tokens_of(answer))
                                  : uncounted;
    text += stream != nullptr ? stream->rate_of(answer) : rate_of_whole(answer);
    return text + fmt::format(", {}, {}{}, {}{}", attempts_of(answer),
                              metadata.backend.empty() ? backend : metadata.backend,
                              answer.model.empty() ? "" : fmt::format(" ({})", answer.model),
                              metadata.connection_reused ? "connection reused" : "new connection",
                              ending_of(answer));
}

std::string describe_fallback(const ChatCompletion& answer) {
    std::string text = answer.metadata.backend + " answered";
    for (const auto& failure : answer.metadata.failures) {
        text += fmt::format("; {} did not: {}", failure.backend,
                            cloud_backend::Error(*failure.error).what());
    }
    return text;
}

}  // namespace cloud_chat
