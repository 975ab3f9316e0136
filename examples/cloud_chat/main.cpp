// A chat at the terminal, or one question for a script.
#include "arguments.hpp"
#include "conversation.hpp"
#include "exit_status.hpp"
#include "failure.hpp"
#include "input.hpp"
#include "interrupts.hpp"
#include "service.hpp"
#include "session.hpp"
#include "terminal.hpp"

#include <cloud_backend/error.hpp>

#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace cloud_chat {

namespace {

ExitStatus reject(std::string_view reason) {
    complain(fmt::format("{}; see cloud-chat --help", reason));
    return ExitStatus::usage;
}

ExitStatus hold_session(const Arguments& arguments, StandardInput& input, Interrupts& interrupts) {
    if (arguments.form == AnswerForm::json) return reject("--json needs a prompt");
    const Service service = open_service(arguments);
    Conversation conversation(*service.backend, arguments);
    remark(fmt::format("{} at {}; Ctrl-C stops an answer, Ctrl-D leaves", arguments.model,
                       service.url));
    run_session(conversation, input, interrupts);
    return ExitStatus::ok;
}

ExitStatus answer(std::string question, const Arguments& arguments, Interrupts& interrupts) {
    if (question.empty()) return reject("the prompt is empty");
    const InterruptibleScope scope(interrupts);
    const Service service = open_service(arguments);
    return Conversation(*service.backend, arguments).ask(std::move(question), scope.token());
}

ExitStatus run(const Arguments& arguments, Interrupts& interrupts) {
    if (arguments.prompt) return answer(*arguments.prompt, arguments, interrupts);
    StandardInput input(interrupts);
    if (StandardInput::is_terminal()) return hold_session(arguments, input, interrupts);
    Input read = input.rest();
    auto* question = std::get_if<std::string>(&read);
    if (question == nullptr) return ExitStatus::interrupted;
    question->erase(question->find_last_not_of("\r\n") + 1);
    return answer(std::move(*question), arguments, interrupts);
}

ExitStatus run(int argc, const char* const* argv) try {
    const auto read = read_arguments(argc, argv);
    if (const auto* status = std::get_if<ExitStatus>(&read)) return *status;

    // A write to a connection or pipe whose other end has gone is an error like any other.
    std::signal(SIGPIPE, SIG_IGN);
    Interrupts interrupts;
    return run(std::get<Arguments>(read), interrupts);
} catch (const cloud_backend::Error& error) {
    complain(explain(error));
    return exit_status_of(error);
} catch (const std::system_error& error) {
    // Whoever reads the answer, such as `head`, has had enough.
    if (error.code() == std::errc::broken_pipe) return ExitStatus::ok;
    complain(error.what());
    return ExitStatus::other;
} catch (const std::exception& error) {
    complain(error.what());
    return ExitStatus::other;
}

}  // namespace

}  // namespace cloud_chat

int main(int argc, char** argv) {
    return static_cast<int>(cloud_chat::run(argc, argv));
}
