#pragma once

#include <string>
#include <variant>

namespace cloud_chat {

class Interrupts;

struct EndOfInput {};
struct Interrupted {};
using Input = std::variant<std::string, EndOfInput, Interrupted>;

[[nodiscard]] bool input_is_terminal();
/// Of a pipe or a file it is clear that something was put there for this program, and that it ends.
[[nodiscard]] bool input_is_pipe_or_file();

/// Why a wait for input ended.
enum class Awaited { input, interrupt, signal };

constexpr int no_signals = -1;

/// `signals` is readable when one is there. Throws std::system_error when it fails.
[[nodiscard]] Awaited await_input(const Interrupts& interrupts, int signals = no_signals);

/// All of standard input, or Interrupted. Throws std::system_error when it fails.
[[nodiscard]] Input read_input(const Interrupts& interrupts);

}  // namespace cloud_chat
