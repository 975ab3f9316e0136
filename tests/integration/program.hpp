#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// A file descriptor that is closed in the end.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { close(); }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void close();

private:
    int fd_;
};

using Environment = std::map<std::string, std::string>;

/// A program as a process of its own, its input and output in the test's hands. Nothing waits
/// longer than `patience`; a program that is still there in the end is killed.
class Program {
public:
    static constexpr std::chrono::seconds patience{20};

    /// With pipes for the three standard streams, in this environment without its OPENAI_
    /// variables.
    Program(const std::string& path, const std::vector<std::string>& arguments,
            const Environment& environment = {});
    Program(Program&&) = delete;
    ~Program() { kill(); }

    void type(std::string_view text);
    void end_input() { input_.close(); }
    void close_output() { output_.close(); }
    void interrupt() const;
    /// With SIGKILL, unless it has ended; until it is gone.
    void kill();

    /// Until it has printed `text`, looked for behind what was found before.
    [[nodiscard]] bool prints(std::string_view text);
    /// Until it has read what was typed.
    [[nodiscard]] bool reads_all_input() const;
    /// The bytes of its output that nobody has read yet.
    [[nodiscard]] int unread_output() const;
    /// Until it ends: what it told its parent; empty when it does not end, or was killed.
    [[nodiscard]] std::optional<int> exit_status();
    /// Interrupts it again and again until it ends.
    [[nodiscard]] std::optional<int> exit_status_when_interrupted();

    [[nodiscard]] const std::string& output() const { return printed_; }
    [[nodiscard]] const std::string& errors() const { return complained_; }

protected:
    enum class Kind { piped, terminal };
    /// At a terminal of its own `output()` holds everything that is seen there.
    Program(Kind kind, const std::string& path, const std::vector<std::string>& arguments,
            const Environment& environment);

private:
    /// Takes what comes within `time`; false when nothing can come any more.
    bool read_for(std::chrono::milliseconds time);
    [[nodiscard]] std::optional<int> reap();

    Descriptor input_{};
    Descriptor output_{};
    Descriptor errors_{};
    pid_t pid_ = -1;
    std::string printed_{};
    std::size_t searched_ = 0;
    std::string complained_{};
};

}  // namespace cloud_backend::test
