#include "arguments.hpp"

#include "terminal.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace cloud_batch {

namespace {

constexpr const char* description =
    "Asks an OpenAI-compatible server every request of a file, many at a time, and writes the\n"
    "answers to another. Killed at any time and started again, it goes on: what has an answer is\n"
    "not asked again.";

constexpr const char* notes =
    "Input: a line of JSON for each request, as in OpenAI's Batch API, bodies with any fields:\n"
    R"(  {"custom_id": "a-1", "method": "POST", "url": "/v1/chat/completions", "body": {...}})"
    "\n"
    "  All lines of a file are checked before anything is sent. Of a pipe that is not possible: a\n"
    "  wrong line ends the run when it comes, after the requests before it are answered. A body "
    "is\n"
    "  sent byte for byte, but never streamed; with --fallback its values are, but for the model.\n"
    "\n"
    "Output: a line for each answer, in the order in which they come:\n"
    R"(  {"id": ..., "custom_id": "a-1", "response": {"status_code": 200, "request_id": ...,)"
    "\n"
    R"(   "body": {...}}, "error": null})"
    "\n"
    "  The file of errors has the same lines for requests that failed, with an error that has a\n"
    "  code and a message, and the response if the server answered. A request with a line in\n"
    "  either is not asked again. A key or an account that is not accepted ends the run.\n"
    "\n"
    "Failures: each call has its retries. One that then fails, but may succeed later, waits until\n"
    "  the server allows another call, and is asked again. While a server is down the program\n"
    "  waits for it.\n"
    "\n"
    "Clusters: --shard I/N asks the lines of one of N parts, in files of their own, whose names "
    "end\n"
    "  in .I-of-N.results.jsonl and .I-of-N.errors.jsonl unless they are given:\n"
    "    Slurm (--array=0-3)     --shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT\n"
    "    Kubernetes indexed job  --shard $JOB_COMPLETION_INDEX/4\n"
    "    GNU parallel            parallel cloud-batch in.jsonl --shard {}/4 ::: 0 1 2 3\n"
    "  Limits are for each part, so give each its share.\n"
    "\n"
    "Environment:\n"
    "  OPENAI_API_KEY   the key\n"
    "  OPENAI_BASE_URL  the server, where --base-url names none\n"
    "\n";

/// The command line as it is written.
struct CommandLine {
    Arguments arguments{};
    std::string shard{};
    std::vector<std::string> fallbacks{};
    std::optional<double> timeout{};
    std::optional<double> deadline{};
};

const CLI::Validator positive_seconds = CLI::Range(0.001, 31'536'000.0).description("");
const CLI::Validator positive_rate = CLI::Range(0.001, 1e12).description("");

void declare_files(CLI::App& app, CommandLine& line) {
    Arguments& arguments = line.arguments;
    app.add_option("input", arguments.input, "The file of requests, or - for standard input")
        ->type_name("")
        ->required();
    app.add_option("-o,--output", arguments.output,
                   "The file of answers (default: INPUT, with .results.jsonl)")
        ->type_name("FILE");
    app.add_option("--errors", arguments.errors,
                   "The file of errors (default: named as that of answers, but .errors.jsonl)")
        ->type_name("FILE");
    app.add_option("--shard", line.shard, "Ask part I of N only, from 0")->type_name("I/N");
    app.add_flag("--retry-failed", arguments.retry_failed,
                 "Empty the file of errors first, so that what failed is asked again");
    app.add_flag("--fsync", arguments.fsync, "Keep answers safe from a loss of power, too");
}

void declare_server_options(CLI::App& app, CommandLine& line) {
    Arguments& arguments = line.arguments;
    app.add_option("--base-url", arguments.base_url,
                   "The server, such as http://localhost:11434/v1")
        ->type_name("URL");
    app.add_option("--fallback", line.fallbacks,
                   "Ask there what the servers before cannot answer: its MODEL, if one is named, "
                   "with the key in the variable KEY_ENV; may be repeated")
        ->type_name("URL[,MODEL[,KEY_ENV]]")
        ->allow_extra_args(false);
    app.add_flag("--allow-insecure-http", arguments.allow_insecure_http,
                 "Let the key travel unencrypted to other machines");
}

void declare_call_options(CLI::App& app, CommandLine& line) {
    Arguments& arguments = line.arguments;
    app.add_option("-c,--concurrency", arguments.concurrency, "Requests in flight at once")
        ->type_name("N")
        ->check(CLI::Range(1, 10'000).description(""))
        ->capture_default_str();
    app.add_option("--requests-per-minute", arguments.limits.requests_per_minute,
                   "Send no more than that; what the server tells of its limits is heeded anyway")
        ->type_name("N")
        ->check(positive_rate);
    app.add_option("--tokens-per-minute", arguments.limits.tokens_per_minute,
                   "The same for tokens: estimated beforehand, then as the server counts them")
        ->type_name("N")
        ->check(positive_rate);
    app.add_option("--retries", arguments.max_retries, "Further attempts after a failed one")
        ->type_name("N")
        ->check(CLI::Range(0, 100).description(""))
        ->capture_default_str();
    app.add_option("--max-requeues", arguments.max_requeues,
                   "How often a request that failed for now is asked again later")
        ->type_name("N")
        ->check(CLI::Range(0, 1'000).description(""))
        ->capture_default_str();
    app.add_option("--timeout", line.timeout, "Give up after so much silence (default 600)")
        ->type_name("SECONDS")
        ->check(positive_seconds);
    app.add_option("--deadline", line.deadline, "For each call with its retries (default: none)")
        ->type_name("SECONDS")
        ->check(positive_seconds);
}

std::optional<std::chrono::milliseconds> milliseconds_of(const std::optional<double>& seconds) {
    if (!seconds) return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(*seconds));
}

Fallback fallback_of(const std::string& text) {
    std::vector<std::string> parts = CLI::detail::split(text, ',');
    if (parts.size() > 3 || parts.front().empty()) {
        throw CLI::ValidationError("--fallback", "expected URL[,MODEL[,KEY_ENV]]: " + text);
    }
    parts.resize(3);
    return {.url = parts[0], .model = parts[1], .key_env = parts[2]};
}

std::string without_extension(const std::string& path) {
    constexpr std::string_view extension = ".jsonl";
    return path.ends_with(extension) ? path.substr(0, path.size() - extension.size()) : path;
}

void name_files(Arguments& arguments) {
    if (!arguments.output.empty()) {
        if (!arguments.errors.empty()) return;
        arguments.errors = without_extension(arguments.output) + ".errors.jsonl";
    } else if (arguments.input == "-") {
        throw CLI::RequiredError("--output, for requests from standard input");
    } else {
        const std::string name = without_extension(arguments.input) + arguments.shard.suffix();
        arguments.output = name + ".results.jsonl";
        if (arguments.errors.empty()) arguments.errors = name + ".errors.jsonl";
    }
}

Arguments arguments_of(CommandLine line) {
    Arguments arguments = std::move(line.arguments);
    arguments.timeout = milliseconds_of(line.timeout).value_or(arguments.timeout);
    arguments.deadline = milliseconds_of(line.deadline);
    std::ranges::transform(line.fallbacks, std::back_inserter(arguments.fallbacks), fallback_of);
    if (!line.shard.empty()) {
        const auto shard = Shard::parse(line.shard);
        if (!shard) {
            throw CLI::ValidationError("--shard",
                                       "expected I/N with I from 0 to N-1: " + line.shard);
        }
        arguments.shard = *shard;
    }
    name_files(arguments);
    if (arguments.output == arguments.errors) {
        throw CLI::ValidationError("--errors", "it is the file of answers");
    }
    return arguments;
}

}  // namespace

std::variant<Arguments, ExitStatus> read_arguments(int argc, const char* const* argv) {
    CommandLine line;
    CLI::App app(description, "cloud-batch");
    app.footer(std::string(notes) + exit_status_help);
    app.set_version_flag("--version", "cloud-batch " CLOUD_BATCH_VERSION,
                         "Print the version and exit");
    declare_files(app, line);
    declare_server_options(app, line);
    declare_call_options(app, line);
    app.add_flag("--progress", line.arguments.progress,
                 "Show how far it is, also when standard error is no terminal");
    app.add_flag("-v,--verbose", line.arguments.verbose, "Log on stderr what is sent where");
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return fmt::format("cloud-batch: {}; see cloud-batch --help\n", error.what());
    });
    try {
        app.parse(argc, argv);
        return arguments_of(std::move(line));
    } catch (const CLI::ParseError& end) {
        return app.exit(end) == 0 ? ExitStatus::ok : ExitStatus::usage;
    }
}

}  // namespace cloud_batch
