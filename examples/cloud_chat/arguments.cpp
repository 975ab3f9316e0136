#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cloud_chat {

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

/// The command line as it is written.
struct CommandLine {
    Arguments arguments{};
    std::vector<std::string> words{};
    bool no_stream = false;
    bool json = false;
    std::optional<double> timeout{};
};

void declare_server_options(CLI::App& app, CommandLine& line) {
    Arguments& arguments = line.arguments;
    auto* base_url = app.add_option("--base-url", arguments.base_url,
                                    "The server, such as http://localhost:11434/v1")
                         ->type_name("URL");
    app.add_flag("--embedded", arguments.embedded,
                 "Ask the server inside the program; no key is read, nothing is billed")
        ->excludes(base_url);
    app.add_flag("--allow-insecure-http", arguments.allow_insecure_http,
                 "Let the key travel unencrypted to other machines");
    app.add_option("--timeout", line.timeout, "Give up after so much silence (default 60)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 86'400.0).description(""));
    app.add_option("--retries", arguments.max_retries, "Further attempts after a failed one")
        ->type_name("N")
        ->check(CLI::Range(0, 100).description(""))
        ->capture_default_str();
}

void declare_chat_options(CLI::App& app, CommandLine& line) {
    Arguments& arguments = line.arguments;
    app.add_option("prompt", line.words, "The question; several words make one")->type_name("");
    app.add_option("-m,--model", arguments.model, "The model that answers")
        ->type_name("NAME")
        ->capture_default_str();
    app.add_option("-s,--system", arguments.system, "What the model is told beforehand");
    app.add_flag("--no-stream", line.no_stream, "Print the answer when it is complete");
    app.add_flag("--json", line.json, "Print the server's JSON, for scripts");
}

AnswerForm form_of(const CommandLine& line) {
    if (line.json) return AnswerForm::json;
    return line.no_stream ? AnswerForm::whole : AnswerForm::streamed;
}

Arguments arguments_of(CommandLine line) {
    using std::chrono::milliseconds;
    Arguments arguments = std::move(line.arguments);
    if (!line.words.empty()) arguments.prompt = fmt::format("{}", fmt::join(line.words, " "));
    arguments.form = form_of(line);
    if (line.timeout) {
        const std::chrono::duration<double> seconds(*line.timeout);
        arguments.timeout = std::chrono::ceil<milliseconds>(seconds);
    }
    return arguments;
}

}  // namespace

std::variant<Arguments, ExitStatus> read_arguments(int argc, const char* const* argv) {
    CommandLine line;
    CLI::App app(description, "cloud-chat");
    app.footer(std::string(environment_help) + exit_status_help);
    app.set_version_flag("--version", "cloud-chat " CLOUD_CHAT_VERSION,
                         "Print the version and exit");
    declare_chat_options(app, line);
    declare_server_options(app, line);
    app.add_flag("-v,--verbose", line.arguments.verbose, "Log on stderr what is sent where");
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return fmt::format("cloud-chat: {}; see cloud-chat --help\n", error.what());
    });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& end) {
        return app.exit(end) == 0 ? ExitStatus::ok : ExitStatus::usage;
    }
    return arguments_of(std::move(line));
}

}  // namespace cloud_chat
