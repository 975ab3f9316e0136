#include "real_server_process.hpp"

#include "system_call.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace cloud_backend::test {

namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::string_view() : value;
}

using Ends = std::array<int, 2>;

/// Unlike a pipe, it reports an error, and no signal, when the other end is closed.
Ends socket_pair() {
    Ends ends{};
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    const timeval limit{.tv_sec = ChildProcess::patience.count(), .tv_usec = 0};
    checked(::setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), "setsockopt");
    return ends;
}

/// Between fork and exec: nothing here may allocate or lock.
[[noreturn]] void become(char* const* command, int input, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (input < 0) input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execv(*command, command);
    ::_exit(127);
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
    std::istringstream directories(std::string(environment("PATH")) + ":/usr/sbin:/usr/local/sbin");
    for (std::string directory; std::getline(directories, directory, ':');) {
        std::string path = std::filesystem::path(directory) / name;
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return std::nullopt;
}

void require_programs(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (find_program(name)) continue;
        if (environment("CLOUD_BACKEND_CI") == "1") FAIL() << name << " is not installed";
        GTEST_SKIP() << name << " is not installed";
    }
}

ChildProcess::ChildProcess(std::vector<std::string> command, Input input) {
    const auto program = find_program(command.at(0));
    if (!program) throw std::runtime_error(command[0] + " is not installed");
    command[0] = *program;
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);

    const auto [input_end, programs_input] = input == Input::none ? Ends{-1, -1} : socket_pair();
    Ends pipe{};
    checked(::pipe2(pipe.data(), O_CLOEXEC), "pipe2");
    pid_ = ::fork();
    if (pid_ == 0) become(arguments.data(), programs_input, pipe[1]);
    if (programs_input >= 0) ::close(programs_input);
    ::close(pipe[1]);
    input_end_ = input_end;
    output_end_ = pipe[0];
    checked(pid_, "fork");
}

ChildProcess::~ChildProcess() {
    const pid_t pid = pid_;
    try {
        stop();
    } catch (const std::exception&) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    if (input_end_ >= 0) ::close(input_end_);
    ::close(output_end_);
}

void ChildProcess::write_line(std::string_view line) {
    const std::string bytes = std::string(line) + '\n';
    for (std::string_view rest = bytes; !rest.empty();) {
        const ssize_t count = ::send(input_end_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count < 0) throw std::system_error(errno, std::generic_category(), "send");
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string ChildProcess::await_line_with(std::string_view text) {
    for (;;) {
        const auto found = output_.find(text);
        const auto end = output_.find('\n', found);
        if (end != std::string::npos) {
            const auto begin = output_.rfind('\n', found) + 1;
            return output_.substr(begin, end - begin);
        }
        if (!read_some()) throw std::runtime_error("a program ended early: " + output_);
    }
}

std::optional<int> ChildProcess::exit_status() {
    while (read_some()) continue;
    int status = 0;
    checked(::waitpid(pid_, &status, 0), "waitpid");
    pid_ = -1;
    if (!WIFEXITED(status)) return std::nullopt;
    return WEXITSTATUS(status);
}

void ChildProcess::stop(int signal) {
    if (pid_ < 0) return;  // It has ended; and -1 would mean every process there is.
    ::kill(pid_, signal);
    exit_status();
}

bool ChildProcess::read_some() {
    pollfd readable{.fd = output_end_, .events = POLLIN, .revents = 0};
    constexpr std::chrono::milliseconds limit = patience;
    if (checked(::poll(&readable, 1, static_cast<int>(limit.count())), "poll") == 0) {
        throw std::runtime_error("a program is silent; it has printed: " + output_);
    }
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(output_end_, bytes.data(), bytes.size());
    if (count > 0) output_.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
}

void run_program(std::vector<std::string> command) {
    const std::string name = command.at(0);
    ChildProcess program(std::move(command));
    if (program.exit_status() != 0) {
        throw std::runtime_error(name + " failed: " + program.output());
    }
}

}  // namespace cloud_backend::test
