#pragma once

#include "program.hpp"

#include <string>
#include <vector>

namespace cloud_backend::test {

/// The program cloud-chat; its environment has no key unless one is given.
class CloudChat : public Program {
public:
    explicit CloudChat(const std::vector<std::string>& arguments,
                       const Environment& environment = {})
        : Program(CLOUD_CHAT_PROGRAM, arguments, environment) {}
    /// At a terminal of its own: `output()` holds everything that is seen there. It is a
    /// plain one, without a history and settings of keys.
    [[nodiscard]] static CloudChat at_terminal(const std::vector<std::string>& arguments) {
        return {Kind::terminal, arguments};
    }

private:
    CloudChat(Kind kind, const std::vector<std::string>& arguments)
        : Program(kind, CLOUD_CHAT_PROGRAM, arguments,
                  {{"HOME", "/dev/null"}, {"XDG_STATE_HOME", "/dev/null"}, {"TERM", "dumb"}}) {}
};

}  // namespace cloud_backend::test
