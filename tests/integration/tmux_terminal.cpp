#include "tmux_terminal.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace cloud_backend::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::vector<std::string> tmux(const TemporaryDirectory& directory, const std::string& option,
                              const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> command{"tmux", option,     "-u", "-S", directory.file("socket"),
                                     "-f",   "/dev/null"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

// The server is no daemon, and no client makes one: it ends with the test.
constexpr const char* server_option = "-D";
constexpr const char* client_option = "-N";

template <class Predicate>
bool comes_true(Predicate predicate) {
    const auto deadline = steady_clock::now() + ChildProcess::patience;
    while (!predicate()) {
        if (steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(milliseconds(10));
    }
    return true;
}

}  // namespace

TmuxTerminal::TmuxTerminal(const std::string& script) : server_(tmux(directory_, server_option)) {
    const std::vector<std::string> start{"new-session", "-d", "-x",
                                         "100",         "-y", "40",
                                         "sh",          "-c", "trap : INT\n" + script + "\ncat"};
    const bool started = comes_true(
        [&] { return ChildProcess(tmux(directory_, client_option, start)).exit_status() == 0; });
    if (!started) throw std::runtime_error("tmux does not start: " + server_.output());
}

void TmuxTerminal::paste(const std::string& text) {
    run({"set-buffer", "--", text});
    run({"paste-buffer", "-p"});
}

void TmuxTerminal::resize(std::size_t width) {
    const std::string columns = std::to_string(width);
    run({"resize-window", "-x", columns});
    std::string terminal = run({"display-message", "-p", "#{pane_tty}"});
    terminal.pop_back();
    const bool resized = comes_true([&] {
        ChildProcess stty({"stty", "-F", terminal, "size"});
        return stty.exit_status() == 0 && stty.output().ends_with(" " + columns + "\n");
    });
    if (!resized) throw std::runtime_error(terminal + " keeps its size");
}

std::string TmuxTerminal::run(const std::vector<std::string>& command) {
    ChildProcess client(tmux(directory_, client_option, command));
    if (client.exit_status() != 0) throw std::runtime_error("tmux: " + client.output());
    return client.output();
}

bool TmuxTerminal::shows(std::string_view text) {
    return comes_true([&] { return screen().find(text) != std::string::npos; });
}

bool TmuxTerminal::shows_match(const std::regex& pattern) {
    return comes_true([&] {
        const std::string seen = screen();
        return std::regex_search(seen, pattern);
    });
}

bool TmuxTerminal::ends_in(std::string_view text) {
    return comes_true([&] {
        const std::string seen = screen();
        return std::string_view(seen).substr(0, seen.find_last_not_of('\n') + 1).ends_with(text);
    });
}

}  // namespace cloud_backend::test
