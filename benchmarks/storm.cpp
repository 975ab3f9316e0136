// What clients and a server in trouble do to each other (SPEC 6): the table of the test, for other
// numbers and options too, and a picture of it.
#include "storm_chart.hpp"
#include "table.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace simulation = cloud_backend::simulation;
using simulation::Result;
using simulation::Scenario;

/// What is not given is the scenario's.
struct Arguments {
    std::string filter{};
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 5;
    std::string svg{};

    std::optional<std::size_t> clients{};
    std::optional<double> load{};
    bool one_call = false;
    std::optional<double> capacity{};
    std::optional<std::size_t> queue_limit{};
    bool random_service_time = false;
    std::optional<int> trouble_seconds{};

    std::optional<int> max_retries{};
    std::optional<int> fail_max{};
    std::optional<double> reset_timeout{};
    std::optional<double> first_byte{};
    std::optional<double> budget{};
    bool retry_on_timeout = false;
};

void declare_run(CLI::App& app, Arguments& arguments) {
    app.add_option("--scenario", arguments.filter, "Only those whose name contains this");
    app.add_option("--seeds", arguments.seeds, "Runs of each scenario")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--first-seed", arguments.first_seed)->capture_default_str();
    app.add_option("--svg", arguments.svg, "Draws the first run of each scenario into this file");
}

void declare_model(CLI::App& app, Arguments& arguments) {
    constexpr const char* group = "The model, in place of what each scenario says";
    app.add_option("--clients", arguments.clients)->check(CLI::PositiveNumber)->group(group);
    app.add_option("--load", arguments.load, "Calls per second of all clients")
        ->check(CLI::PositiveNumber)
        ->group(group);
    app.add_flag("--one-call", arguments.one_call,
                 "A client makes no call while it has one in progress")
        ->group(group);
    app.add_option("--capacity", arguments.capacity, "Requests per second of the server")
        ->check(CLI::PositiveNumber)
        ->group(group);
    app.add_option("--queue", arguments.queue_limit, "Requests the server holds before it says 503")
        ->group(group);
    app.add_flag("--random-service-time", arguments.random_service_time,
                 "Exponential in place of constant")
        ->group(group);
    app.add_option("--trouble", arguments.trouble_seconds, "Seconds it lasts")
        ->check(CLI::PositiveNumber)
        ->group(group);
}

void declare_policy(CLI::App& app, Arguments& arguments) {
    constexpr const char* group = "The options of the library";
    app.add_option("--max-retries", arguments.max_retries)
        ->check(CLI::NonNegativeNumber)
        ->group(group);
    app.add_option("--fail-max", arguments.fail_max, "Failures that open the circuit; 0: never")
        ->check(CLI::NonNegativeNumber)
        ->group(group);
    app.add_option("--reset-timeout", arguments.reset_timeout, "Seconds")
        ->check(CLI::NonNegativeNumber)
        ->group(group);
    app.add_option("--budget", arguments.budget, "Capacity of the retry budget")
        ->check(CLI::NonNegativeNumber)
        ->group(group);
    app.add_option("--first-byte", arguments.first_byte, "Seconds")
        ->check(CLI::PositiveNumber)
        ->group(group);
    app.add_flag("--retry-on-timeout", arguments.retry_on_timeout)->group(group);
}

template <class Given, class Target>
void replace(const std::optional<Given>& given, Target& target) {
    if (given) target = Target(*given);
}

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(seconds));
}

void apply_policy(const Arguments& arguments, simulation::Policy& policy) {
    replace(arguments.max_retries, policy.retry.max_retries);
    replace(arguments.budget, policy.retry.budget.capacity);
    if (arguments.retry_on_timeout) policy.retry.retry_on_timeout = true;
    if (const auto fail_max = arguments.fail_max) {
        policy.breaker.fail_max = *fail_max > 0 ? *fail_max : std::numeric_limits<int>::max();
    }
    if (const auto time = arguments.reset_timeout)
        policy.breaker.reset_timeout = milliseconds(*time);
    if (const auto time = arguments.first_byte) policy.timeouts.first_byte = milliseconds(*time);
}

Scenario apply(const Arguments& arguments, Scenario scenario) {
    replace(arguments.clients, scenario.clients);
    replace(arguments.load, scenario.load);
    if (arguments.one_call) scenario.concurrency = simulation::Concurrency::one_call;
    replace(arguments.capacity, scenario.server.capacity);
    replace(arguments.queue_limit, scenario.server.queue_limit);
    if (arguments.random_service_time) scenario.server.random_service_time = true;
    replace(arguments.trouble_seconds, scenario.trouble_time);
    apply_policy(arguments, scenario.policy);
    return scenario;
}

/// Prints the table. The first run of each scenario.
std::vector<StormRun> run(const Arguments& arguments) {
    fmt::print("seeds {} to {}; the least and the most over them\n{}", arguments.first_seed,
               arguments.first_seed + arguments.seeds - 1, simulation::table_heading());
    std::vector<StormRun> first_runs;
    for (const Scenario& given : simulation::scenarios()) {
        if (given.name.find(arguments.filter) == std::string::npos) continue;
        const Scenario scenario = apply(arguments, given);
        std::vector<Result> results;
        for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
            auto timeline = simulation::run_storm(scenario, arguments.first_seed + i);
            results.push_back(measure(scenario, timeline));
            if (i == 0) first_runs.push_back({scenario, std::move(timeline)});
        }
        fmt::print("{}", simulation::table_row(scenario, results));
        std::fflush(stdout);
    }
    return first_runs;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app("Simulates servers in trouble and the clients that go on calling them (SPEC 6).");
    declare_run(app, arguments);
    declare_model(app, arguments);
    declare_policy(app, arguments);
    CLI11_PARSE(app, argc, argv);

    const auto runs = run(arguments);
    if (arguments.svg.empty()) return EXIT_SUCCESS;
    std::ofstream file(arguments.svg);
    file << draw_storms(runs);
    file.close();
    if (!file) {
        fmt::print(stderr, "storm: cannot write {}\n", arguments.svg);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
