#include "conversation.hpp"

#include "answer_status.hpp"
#include "failure.hpp"

#include <cloud_backend/error.hpp>

#include <string_view>
#include <utility>

namespace cloud_chat {

using cloud_backend::CallOptions;
using cloud_backend::ChatChunk;
using cloud_backend::ChatCompletion;
using cloud_backend::ChatRequest;
using cloud_backend::Message;

Conversation::Conversation(Service service, const Arguments& arguments)
    : service_(std::move(service)),
      form_(arguments.form),
      stats_(arguments.stats),
      model_(arguments.model) {
    dialogue_.system = arguments.system.value_or("");
}

ExitStatus Conversation::ask(std::string question, const std::stop_token& stop) {
    auto& exchanges = dialogue_.exchanges;
    if (!exchanges.empty() && !exchanges.back().answer) exchanges.pop_back();
    exchanges.push_back({.question = std::move(question)});
    const ChatRequest request{
        .model = model_,
        .messages = messages_of(dialogue_),
        .stream_options = cloud_backend::StreamOptions{.include_usage = true}};
    const CallOptions options{.stop = stop};
    try {
        const ChatCompletion answer = form_ == AnswerForm::streamed
                                          ? stream_answer(request, options)
                                          : print_whole_answer(request, options);
        remember(&answer);
        return ExitStatus::ok;
    } catch (const cloud_backend::Error& error) {
        output_.end_line();
        complain(explain(error));
        remember(error.partial());
        return exit_status_of(error);
    }
}

void Conversation::retry(const std::stop_token& stop) {
    if (dialogue_.exchanges.empty()) {
        complain("nothing has been asked yet");
        return;
    }
    Exchange before = std::move(dialogue_.exchanges.back());
    dialogue_.exchanges.pop_back();
    ask(before.question, stop);
    if (!dialogue_.exchanges.back().answer) dialogue_.exchanges.back() = std::move(before);
}

ChatCompletion Conversation::stream_answer(const ChatRequest& request, const CallOptions& options) {
    StreamReport report;
    AnswerStatus status;
    const auto show = [&](const ChatChunk& chunk) {
        if (!chunk.reasoning().empty() && !report.has_begun()) remark("thinking");
        report.add(chunk);
        const std::string_view refusal =
            chunk.choices.empty() ? std::string_view() : chunk.choices.front().delta.refusal;
        const std::size_t bytes = chunk.content().size() + refusal.size();
        if (bytes > 0) status.add(bytes);
        output_.write(chunk.content());
        output_.write(refusal);
    };
    ChatCompletion answer = service_.backend->chat_completion(request, show, options);
    status.end();
    output_.end_line();
    tell_how_it_went(answer, &report);
    return answer;
}

ChatCompletion Conversation::print_whole_answer(const ChatRequest& request,
                                                const CallOptions& options) {
    AnswerStatus status;
    ChatCompletion answer = service_.backend->chat_completion(request, options);
    status.end();
    if (form_ == AnswerForm::json) {
        output_.write(answer.raw.text());
    } else {
        output_.write(answer.content());
        if (!answer.choices.empty()) output_.write(answer.choices.front().message.refusal);
    }
    output_.end_line();
    tell_how_it_went(answer, nullptr);
    return answer;
}

void Conversation::tell_how_it_went(const ChatCompletion& answer,
                                    const StreamReport* stream) const {
    if (!answer.metadata.failures.empty()) remark(describe_fallback(answer));
    if (stats_) {
        remark(describe_statistics(answer, service_.name, stream));
    } else {
        remark(stream != nullptr ? stream->describe_answer(answer) : describe_answer(answer));
    }
}

void Conversation::remember(const ChatCompletion* answer) {
    if (answer == nullptr || answer->choices.empty()) return;
    const Message& message = answer->choices.front().message;
    if (message.content.empty() && message.refusal.empty()) return;
    dialogue_.exchanges.back().answer =
        Answer{.message = message, .model = answer->model.empty() ? model_ : answer->model};
}

}  // namespace cloud_chat
