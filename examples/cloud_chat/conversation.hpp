#pragma once

#include "arguments.hpp"
#include "dialogue.hpp"
#include "exit_status.hpp"
#include "report.hpp"
#include "service.hpp"
#include "terminal.hpp"

#include <cloud_backend/chat_backend.hpp>

#include <stop_token>
#include <string>
#include <utility>

namespace cloud_chat {

/// Questions and answers so far; every question is asked with all of them.
class Conversation {
public:
    Conversation(Service service, const Arguments& arguments);

    /// Prints the answer as it comes, then a remark on how it went, or why there is none. What came
    /// before a failure or a stop was seen, so it stays part of the conversation; a question that
    /// was not answered at all does not.
    ExitStatus ask(std::string question, const std::stop_token& stop);
    /// Asks the last question again, answered or not. What comes of it takes the place of what came
    /// before, if anything does.
    void retry(const std::stop_token& stop);
    void forget() { dialogue_.exchanges.clear(); }

    [[nodiscard]] const Dialogue& dialogue() const noexcept { return dialogue_; }
    [[nodiscard]] const std::string& model() const noexcept { return model_; }
    void set_model(std::string model) { model_ = std::move(model); }
    void set_system(std::string text) { dialogue_.system = std::move(text); }

private:
    [[nodiscard]] cloud_backend::ChatCompletion stream_answer(
        const cloud_backend::ChatRequest& request, const cloud_backend::CallOptions& options);
    [[nodiscard]] cloud_backend::ChatCompletion print_whole_answer(
        const cloud_backend::ChatRequest& request, const cloud_backend::CallOptions& options);
    void tell_how_it_went(const cloud_backend::ChatCompletion& answer,
                          const StreamReport* stream) const;
    /// The answer to the last question; null when there was none.
    void remember(const cloud_backend::ChatCompletion* answer);

    const Service service_;
    const AnswerForm form_;
    const bool stats_;
    std::string model_;
    Dialogue dialogue_{};
    AnswerOutput output_{};
};

}  // namespace cloud_chat
