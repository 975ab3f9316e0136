#include "program.hpp"

#include "system_call.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace cloud_backend::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
        read_end = Descriptor(ends[0]);
        write_end = Descriptor(ends[1]);
    }
    Descriptor read_end{};
    Descriptor write_end{};
};

Descriptor open_terminal() {
    Descriptor terminal(checked(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt"));
    checked(::grantpt(terminal.get()), "grantpt");
    checked(::unlockpt(terminal.get()), "unlockpt");
    return terminal;
}

/// This process's own, without what could lead the program to a real server.
std::vector<std::string> environment_with(const Environment& additions) {
    std::vector<std::string> lines;
    for (char** line = environ; *line != nullptr; ++line) {
        const std::string name(*line, std::strcspn(*line, "="));
        if (!name.starts_with("OPENAI_") && !additions.contains(name)) lines.emplace_back(*line);
    }
    for (const auto& [name, value] : additions) lines.push_back(name + "=" + value);
    return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// What happens between fork and exec.
class Spawning {
public:
    Spawning() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }
    ~Spawning() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;

    void use(int fd, int as) { posix_spawn_file_actions_adddup2(&actions_, fd, as); }
    /// The first terminal a session leader opens becomes the one that sends it Ctrl-C.
    void use_terminal(const Descriptor& terminal) {
        std::array<char, 128> name{};
        checked(-::ptsname_r(terminal.get(), name.data(), name.size()), "ptsname_r");
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, name.data(), O_RDWR, 0);
        use(STDIN_FILENO, STDOUT_FILENO);
        use(STDIN_FILENO, STDERR_FILENO);
    }
    pid_t run(std::vector<std::string> arguments, std::vector<std::string> environment) const {
        pid_t pid = -1;
        const int error =
            ::posix_spawn(&pid, arguments.front().c_str(), &actions_, &attributes_,
                          pointers_to(arguments).data(), pointers_to(environment).data());
        if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn");
        return pid;
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

int unread(const Descriptor& pipe_end) {
    int count = 0;
    checked(::ioctl(pipe_end.get(), FIONREAD, &count), "ioctl");
    return count;
}

/// Whether more can come. A terminal that nobody has open any more fails with EIO.
bool append_some(const Descriptor& from, std::string& to) {
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(from.get(), bytes.data(), bytes.size());
    if (count > 0) to.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
}

void Descriptor::close() {
    if (is_open()) ::close(std::exchange(fd_, -1));
}

Program::Program(const std::string& path, const std::vector<std::string>& arguments,
                 const Environment& environment)
    : Program(Kind::piped, path, arguments, environment) {}

Program::Program(Kind kind, const std::string& path, const std::vector<std::string>& arguments,
                 const Environment& environment) {
    std::vector<std::string> command{path};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Spawning spawning;
    if (kind == Kind::terminal) {
        output_ = open_terminal();
        input_ = Descriptor(checked(::fcntl(output_.get(), F_DUPFD_CLOEXEC, 0), "fcntl"));
        spawning.use_terminal(output_);
        pid_ = spawning.run(std::move(command), environment_with(environment));
        return;
    }
    Pipe input;
    Pipe output;
    Pipe errors;
    spawning.use(input.read_end.get(), STDIN_FILENO);
    spawning.use(output.write_end.get(), STDOUT_FILENO);
    spawning.use(errors.write_end.get(), STDERR_FILENO);
    pid_ = spawning.run(std::move(command), environment_with(environment));
    input_ = std::move(input.write_end);
    output_ = std::move(output.read_end);
    errors_ = std::move(errors.read_end);
}

void Program::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void Program::type(std::string_view text) {
    const ssize_t written = ::write(input_.get(), text.data(), text.size());
    checked(static_cast<int>(written), "write");
}

void Program::interrupt() const {
    ::kill(pid_, SIGINT);
}

bool Program::read_for(milliseconds time) {
    std::array<pollfd, 2> streams{{{.fd = output_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = errors_.get(), .events = POLLIN, .revents = 0}}};
    ::poll(streams.data(), streams.size(), static_cast<int>(time.count()));
    if (streams[0].revents != 0 && !append_some(output_, printed_)) output_.close();
    if (streams[1].revents != 0 && !append_some(errors_, complained_)) errors_.close();
    return output_.is_open() || errors_.is_open();
}

bool Program::prints(std::string_view text) {
    const auto deadline = steady_clock::now() + patience;
    for (;;) {
        if (const auto found = printed_.find(text, searched_); found != std::string::npos) {
            searched_ = found + text.size();
            return true;
        }
        if (!output_.is_open() || steady_clock::now() > deadline) return false;
        read_for(milliseconds(100));
    }
}

bool Program::reads_all_input() const {
    const auto deadline = steady_clock::now() + patience;
    while (unread(input_) > 0) {
        if (steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

int Program::unread_output() const {
    return unread(output_);
}

std::optional<int> Program::exit_status() {
    const auto deadline = steady_clock::now() + patience;
    while (read_for(milliseconds(100))) {
        if (steady_clock::now() > deadline) return std::nullopt;
    }
    return reap();
}

std::optional<int> Program::exit_status_when_interrupted() {
    const auto deadline = steady_clock::now() + patience;
    const Descriptor kept_unread = std::exchange(output_, Descriptor());
    do {
        interrupt();
        if (steady_clock::now() > deadline) return std::nullopt;
    } while (read_for(milliseconds(20)));
    return reap();
}

std::optional<int> Program::reap() {
    int status = 0;
    const auto deadline = steady_clock::now() + patience;
    while (checked(::waitpid(pid_, &status, WNOHANG), "waitpid") == 0) {
        if (steady_clock::now() > deadline) return std::nullopt;
        std::this_thread::sleep_for(milliseconds(1));
    }
    pid_ = -1;
    if (!WIFEXITED(status)) return std::nullopt;
    return WEXITSTATUS(status);
}

}  // namespace cloud_backend::test
