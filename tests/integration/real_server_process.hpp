#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Programs of the system that tests run.
namespace cloud_backend::test {

/// Its path; also where only root looks for programs, such as servers.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

/// For `SetUp()`: skips the test when one of the programs is missing, but fails it in CI, which is
/// where the environment variable CLOUD_BACKEND_CI is 1.
void require_programs(std::initializer_list<std::string_view> names);

/// What a program reads as its standard input.
enum class Input { none, lines };

/// A program as a child of the test. It is asked to end at the latest when the test
/// does, even if that crashes. Nothing waits longer than `patience`.
class ChildProcess {
public:
    static constexpr std::chrono::seconds patience{20};

    /// The name of the program, then its arguments.
    explicit ChildProcess(std::vector<std::string> command, Input input = Input::none);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// For it to read. Throws when it takes nothing.
    void write_line(std::string_view line);
    /// Waits until it has printed a whole line that contains `text`, and returns the line. Throws
    /// when it ends without.
    [[nodiscard]] std::string await_line_with(std::string_view text);
    /// Waits for its end, once: what it told its parent, or empty when it was killed.
    std::optional<int> exit_status();
    /// Asks it to end, unless it has, and waits for that.
    void stop(int signal = SIGTERM);

    /// What it has printed, errors too; all of it once it has ended.
    [[nodiscard]] const std::string& output() const { return output_; }

private:
    /// False at the end of its output.
    [[nodiscard]] bool read_some();

    pid_t pid_ = -1;      ///< Negative once it has ended.
    int input_end_ = -1;  ///< Negative without input.
    int output_end_ = -1;
    std::string output_{};
};

/// Runs a program to its end. Throws unless it succeeds.
void run_program(std::vector<std::string> command);

}  // namespace cloud_backend::test
