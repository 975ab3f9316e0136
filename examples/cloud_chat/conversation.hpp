#pragma once

#include "arguments.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"

#include <cloud_backend/chat_backend.hpp>

#include <stop_token>
#include <string>

namespace cloud_chat {

/// Questions and answers so far; every question is asked with all of them.
class Conversation {
public:
    Conversation(cloud_backend::ChatBackend& backend, const Arguments& arguments);

    /// Prints the answer as it comes, then a remark on how it went, or why there is none. What came
    /// before a failure or a stop was seen, so it stays part of the conversation; a question that
    /// was not answered at all does not.
    ExitStatus ask(std::string question, const std::stop_token& stop);

private:
    [[nodiscard]] cloud_backend::ChatCompletion stream_answer(
        const cloud_backend::CallOptions& options);
    [[nodiscard]] cloud_backend::ChatCompletion print_whole_answer(
        const cloud_backend::CallOptions& options);
    /// The answer to the last question; null when there was none.
    void remember(const cloud_backend::ChatCompletion* answer);

    cloud_backend::ChatBackend& backend_;
    const AnswerForm form_;
    cloud_backend::ChatRequest request_;
    AnswerOutput output_;
};

}  // namespace cloud_chat
