#pragma once

#include "program.hpp"

#include <string>
#include <vector>

namespace cloud_backend::test {

/// The chat program; its environment has no key unless one is given.
class ChatProgram : public Program {
public:
    explicit ChatProgram(const std::vector<std::string>& arguments,
                         const Environment& environment = {})
        : Program(CHAT_PROGRAM, arguments, environment) {}
    /// At a terminal of its own: `output()` holds everything that is seen there.
    [[nodiscard]] static ChatProgram at_terminal(const std::vector<std::string>& arguments) {
        return {Kind::terminal, arguments};
    }

private:
    ChatProgram(Kind kind, const std::vector<std::string>& arguments)
        : Program(kind, CHAT_PROGRAM, arguments, {}) {}
};

}  // namespace cloud_backend::test
