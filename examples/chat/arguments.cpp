#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include <vector>

namespace chat {

namespace {

constexpr const char* description =
    "Chats with an OpenAI-compatible server. Without a prompt, reads one from a pipe, or holds a\n"
    "conversation at a terminal: Ctrl-C stops an answer, Ctrl-D leaves.";

constexpr const char* environment_help =
    "Environment:\n"
    "  OPENAI_API_KEY   the key; without it, and without --base-url, nothing leaves this machine:\n"
    "                   a server inside the program answers\n"
    "  OPENAI_BASE_URL  the server, where --base-url names none\n"
    "  NO_COLOR         if set, remarks are not dimmed\n"
    "\n";

AnswerForm form_of(bool json, bool no_stream) {
    if (json) return AnswerForm::json;
    return no_stream ? AnswerForm::whole : AnswerForm::streamed;
}

}  // namespace

std::variant<Arguments, ExitStatus> read_arguments(int argc, const char* const* argv) {
    Arguments arguments;
    std::vector<std::string> words;
    bool no_stream = false;
    bool json = false;
    double timeout = 0;

    CLI::App app(description, "chat");
    app.footer(std::string(environment_help) + exit_status_help);
    app.set_version_flag("--version", "chat " CHAT_VERSION);
    app.add_option("prompt", words, "The question; several words make one");
    app.add_option("-m,--model", arguments.model, "The model that answers")->capture_default_str();
    app.add_option("-s,--system", arguments.system, "What the model is told beforehand");
    auto* base_url = app.add_option("--base-url", arguments.base_url,
                                    "The server, such as http://localhost:11434/v1");
    app.add_flag("--embedded", arguments.embedded,
                 "Ask the server inside the program; no key is read, nothing is billed")
        ->excludes(base_url);
    app.add_flag("--no-stream", no_stream, "Print the answer when it is complete");
    app.add_flag("--json", json, "Print the server's JSON, for scripts");
    auto* timeout_option =
        app.add_option("--timeout", timeout, "Give up after so many seconds of silence (60)")
            ->check(CLI::Range(0.001, 86'400.0));
    app.add_option("--retries", arguments.max_retries, "Further attempts after a failed one")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    app.add_flag("-v,--verbose", arguments.verbose, "Log on stderr what is sent where");
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return fmt::format("chat: {}; see chat --help\n", error.what());
    });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& end) {
        return app.exit(end) == 0 ? ExitStatus::ok : ExitStatus::usage;
    }
    if (!words.empty()) arguments.prompt = fmt::format("{}", fmt::join(words, " "));
    arguments.form = form_of(json, no_stream);
    if (!timeout_option->empty()) {
        arguments.timeout =
            std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(timeout));
    }
    return arguments;
}

}  // namespace chat
