#pragma once

#include <string>
#include <variant>

namespace cloud_chat {

class Interrupts;

struct EndOfInput {};
struct Interrupted {};
using Input = std::variant<std::string, EndOfInput, Interrupted>;

/// Standard input, waited for together with Ctrl-C. Throws std::system_error when it fails.
class StandardInput {
public:
    explicit StandardInput(Interrupts& interrupts) : interrupts_(interrupts) {}

    [[nodiscard]] static bool is_terminal();

    /// Without its line end. What was typed before an interruption is forgotten, as a terminal
    /// does.
    [[nodiscard]] Input next_line();
    /// Everything there is.
    [[nodiscard]] Input rest();

private:
    enum class Event { bytes, end, interrupt };
    [[nodiscard]] Event read_more();

    Interrupts& interrupts_;
    std::string buffer_{};
};

}  // namespace cloud_chat
