// A file of requests, many at a time.
#include "arguments.hpp"
#include "batch_request.hpp"
#include "exit_status.hpp"
#include "request_source.hpp"
#include "result_file.hpp"
#include "run.hpp"
#include "service.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#include <cloud_backend/error.hpp>

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <exception>
#include <optional>
#include <variant>

namespace cloud_batch {

namespace {

/// Each call in flight has a connection, and the usual limit is 1,024.
void allow_many_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

ExitStatus run(const Arguments& arguments) {
    std::optional<std::uint64_t> total;
    if (arguments.input != "-") total = count_requests(arguments.input, arguments.shard);
    const Signals signals;
    Service service(arguments);
    Journal journal(arguments);
    Run run(arguments, total, journal, service, signals);
    const ExitStatus status = run.run();
    const Counts& counts = run.counts();
    complain(fmt::format("{} answered in {}, {} failed in {}{}", counts.answered, arguments.output,
                         counts.failed, arguments.errors,
                         counts.settled_before == 0
                             ? ""
                             : fmt::format(", {} by earlier runs", counts.settled_before)));
    return status;
}

ExitStatus run(int argc, const char* const* argv) try {
    const auto read = read_arguments(argc, argv);
    if (const auto* status = std::get_if<ExitStatus>(&read)) return *status;
    // A write to a connection whose other end has gone is an error like any other.
    std::signal(SIGPIPE, SIG_IGN);
    allow_many_descriptors();
    return run(std::get<Arguments>(read));
} catch (const cloud_backend::ConfigError& error) {
    complain(fmt::format("{}; see cloud-batch --help", error.what()));
    return ExitStatus::usage;
} catch (const InputError& error) {
    complain(error.what());
    return ExitStatus::usage;
} catch (const ResultFileError& error) {
    complain(error.what());
    return ExitStatus::usage;
} catch (const std::exception& error) {
    complain(error.what());
    return ExitStatus::some_failed;
}

}  // namespace

}  // namespace cloud_batch

int main(int argc, char** argv) {
    return static_cast<int>(cloud_batch::run(argc, argv));
}
