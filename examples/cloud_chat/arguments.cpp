#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cloud_chat {

namespace {

constexpr const char* description =
    "Chats with an OpenAI-compatible server. With a prompt, asks it once, with what comes from a "
    "pipe\n"
    "or a file on standard input behind it. Without one, what comes is the prompt; at a terminal,\n"
    "holds a conversation: /help lists its commands, Ctrl-C stops an answer, Ctrl-D leaves.";

constexpr const char* environment_help =
    "Environment:\n"
    "  OPENAI_API_KEY   the key; without it, and without a server that is named, nothing leaves\n"
    "                   this machine: a server inside the program answers\n"
    "  OPENAI_BASE_URL  the server, where no option names one\n"
    "  GROQ_API_KEY...  the keys of other services, each by its name\n"
    "  XDG_STATE_HOME   where cloud-chat/history is kept (default ~/.local/state)\n"
    "  NO_COLOR         if set, remarks are not dimmed\n"
    "\n";

/// The command line as it is written.
struct CommandLine {
    Arguments arguments{};
    std::vector<std::string> words{};
    bool no_stream = false;
    bool json = false;
    std::optional<double> timeout{};
    std::optional<std::string> model{};
    std::optional<std::string> service{};
    std::vector<std::string> fallbacks{};
};

constexpr const char* default_model = "gpt-4o-mini";

void declare_server_options(CLI::App& app, CommandLine& line) {
    Arguments& arguments = line.arguments;
    auto* base_url = app.add_option("--base-url", arguments.base_url,
                                    "The server, such as http://localhost:11434/v1")
                         ->type_name("URL");
    auto* service =
        app.add_option("--service", line.service, "The server by its name, such as groq or ollama")
            ->type_name("NAME[=MODEL]")
            ->excludes(base_url);
    app.add_flag("--embedded", arguments.embedded,
                 "Ask the server inside the program; no key is read, nothing is billed")
        ->excludes(base_url)
        ->excludes(service);
    app.add_option(
           "--fallback", line.fallbacks,
           "Ask there, for MODEL if it is named, when those before cannot answer: a service "
           "by its name, or a URL, which gets no key; may be repeated")
        ->type_name("NAME|URL[=MODEL]")
        ->allow_extra_args(false);
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
    app.add_option("-m,--model", line.model,
                   std::string("The model that answers (default ") + default_model + ")")
        ->type_name("NAME");
    app.add_option("-s,--system", arguments.system, "What the model is told beforehand");
    app.add_flag("--no-stream", line.no_stream, "Print the answer when it is complete");
    app.add_flag("--json", line.json, "Print the server's JSON, for scripts");
    app.add_flag("--stats", arguments.stats,
                 "Say on stderr how an answer came: times, tokens, attempts, who gave it");
}

AnswerForm form_of(const CommandLine& line) {
    if (line.json) return AnswerForm::json;
    return line.no_stream ? AnswerForm::whole : AnswerForm::streamed;
}

std::string model_of(const CommandLine& line, const Arguments& arguments) {
    if (line.model) return *line.model;
    const bool named = arguments.service && !arguments.service->model.empty();
    return named ? arguments.service->model : default_model;
}

Arguments arguments_of(CommandLine line) {
    using std::chrono::milliseconds;
    Arguments arguments = std::move(line.arguments);
    if (!line.words.empty()) arguments.prompt = fmt::format("{}", fmt::join(line.words, " "));
    arguments.form = form_of(line);
    if (line.service) arguments.service = parse_service_entry(*line.service);
    std::ranges::transform(line.fallbacks, std::back_inserter(arguments.fallbacks),
                           parse_service_entry);
    arguments.model = model_of(line, arguments);
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
