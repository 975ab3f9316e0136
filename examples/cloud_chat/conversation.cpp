#include "conversation.hpp"

#include "failure.hpp"
#include "report.hpp"

#include <cloud_backend/error.hpp>

#include <utility>

namespace cloud_chat {

using cloud_backend::CallOptions;
using cloud_backend::ChatChunk;
using cloud_backend::ChatCompletion;
using cloud_backend::Message;

Conversation::Conversation(cloud_backend::ChatBackend& backend, const Arguments& arguments)
    : backend_(backend),
      form_(arguments.form),
      request_{.model = arguments.model,
               .stream_options = cloud_backend::StreamOptions{.include_usage = true}} {
    if (arguments.system) request_.messages.push_back(Message::system(*arguments.system));
}

ExitStatus Conversation::ask(std::string question, const std::stop_token& stop) {
    request_.messages.push_back(Message::user(std::move(question)));
    const CallOptions options{.stop = stop};
    try {
        const ChatCompletion answer =
            form_ == AnswerForm::streamed ? stream_answer(options) : print_whole_answer(options);
        remember(&answer);
        return ExitStatus::ok;
    } catch (const cloud_backend::Error& error) {
        output_.end_line();
        complain(explain(error));
        remember(error.partial());
        return exit_status_of(error);
    }
}

ChatCompletion Conversation::stream_answer(const CallOptions& options) {
    StreamReport report;
    const auto show = [&](const ChatChunk& chunk) {
        if (!chunk.reasoning().empty() && !report.has_begun()) remark("thinking");
        report.add(chunk);
        output_.write(chunk.content());
        if (!chunk.choices.empty()) output_.write(chunk.choices.front().delta.refusal);
    };
    ChatCompletion answer = backend_.chat_completion(request_, show, options);
    output_.end_line();
    remark(report.describe_answer(answer));
    return answer;
}

ChatCompletion Conversation::print_whole_answer(const CallOptions& options) {
    ChatCompletion answer = backend_.chat_completion(request_, options);
    if (form_ == AnswerForm::json) {
        output_.write(answer.raw.text());
    } else {
        output_.write(answer.content());
        if (!answer.choices.empty()) output_.write(answer.choices.front().message.refusal);
    }
    output_.end_line();
    remark(describe_answer(answer));
    return answer;
}

void Conversation::remember(const ChatCompletion* answer) {
    const Message* message =
        answer == nullptr || answer->choices.empty() ? nullptr : &answer->choices.front().message;
    if (message != nullptr && !(message->content.empty() && message->refusal.empty())) {
        request_.messages.push_back(*message);
    } else {
        request_.messages.pop_back();
    }
}

}  // namespace cloud_chat
