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

#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
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

ExitStatus hold_session(const Arguments& arguments, Interrupts& interrupts) {
    if (arguments.form == AnswerForm::json) return reject("--json needs a prompt");
    Service service = open_service(arguments);
    remark(fmt::format("{} at {}; /help lists commands, Ctrl-C stops an answer, Ctrl-D leaves",
                       arguments.model, service.name));
    Conversation conversation(std::move(service), arguments);
    run_session(conversation, interrupts);
    return ExitStatus::ok;
}

ExitStatus answer(std::string question, const Arguments& arguments, Interrupts& interrupts) {
    if (question.empty()) return reject("the prompt is empty");
    const InterruptibleScope scope(interrupts);
    return Conversation(open_service(arguments), arguments).ask(std::move(question), scope.token());
}

/// The prompt, and what it is about.
std::string joined(std::string prompt, std::string_view text) {
    if (!prompt.empty() && !text.empty()) prompt += "\n\n";
    return prompt.append(text);
}

ExitStatus run(const Arguments& arguments, Interrupts& interrupts) {
    if (!arguments.prompt && input_is_terminal()) return hold_session(arguments, interrupts);
    std::string prompt = arguments.prompt.value_or("");
    // A socket or a device that a program has inherited need never end.
    if (arguments.prompt && !input_is_pipe_or_file()) {
        return answer(std::move(prompt), arguments, interrupts);
    }
    const Input read = read_input(interrupts);
    const auto* text = std::get_if<std::string>(&read);
    if (text == nullptr) return ExitStatus::interrupted;
    const std::string_view piped =
        std::string_view(*text).substr(0, text->find_last_not_of("\r\n") + 1);
    return answer(joined(std::move(prompt), piped), arguments, interrupts);
}

/// What else is opened must not get the number of a standard stream that is closed.
void open_standard_streams() {
    int fd = STDIN_FILENO;
    while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::close(fd);
}

/// Text is UTF-8 everywhere, but libedit asks the locale.
void use_utf8() {
    // NOLINTBEGIN(concurrency-mt-unsafe): there is no other thread yet
    std::setlocale(LC_CTYPE, "");
    if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
    // NOLINTEND(concurrency-mt-unsafe)
}

ExitStatus run(int argc, const char* const* argv) try {
    open_standard_streams();
    const auto read = read_arguments(argc, argv);
    if (const auto* status = std::get_if<ExitStatus>(&read)) return *status;

    // A write to a connection or pipe whose other end has gone is an error like any other.
    std::signal(SIGPIPE, SIG_IGN);
    use_utf8();
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
