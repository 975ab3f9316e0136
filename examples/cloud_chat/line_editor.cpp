#include "line_editor.hpp"

#include "command.hpp"
#include "terminal.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cwchar>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace cloud_chat {

namespace {

constexpr auto conversion_failed = static_cast<std::size_t>(-1);
constexpr auto character_goes_on = static_cast<std::size_t>(-2);

/// A Tab that completes nothing is text.
unsigned char complete(EditLine* editor, int /*key*/) {
    const LineInfo* const line = el_line(editor);
    const std::string_view begun(line->buffer,
                                 static_cast<std::size_t>(line->cursor - line->buffer));
    const std::string completion = begun.starts_with('/') ? completion_of(begun) : "\t";
    if (completion.empty() || el_insertstr(editor, completion.c_str()) != 0) return CC_ERROR;
    return CC_REFRESH;
}

/// Terminals put pasted text between marks: its line ends are text, too.
unsigned char paste(EditLine* editor, int /*key*/) {
    constexpr std::wstring_view end_mark = L"\x1b[201~";
    std::wstring text;
    while (!text.ends_with(end_mark)) {
        wchar_t character = 0;
        if (el_wgetc(editor, &character) != 1) return CC_EOF;
        text += character == L'\r' ? L'\n' : character;
    }
    text.resize(text.size() - end_mark.size());
    return el_winsertstr(editor, text.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

/// If this is no terminal, libedit reads plain lines.
std::FILE* editor_output() {
    return ::isatty(STDERR_FILENO) == 1 ? stderr : stdout;
}

template <class T>
T* required(T* made) {
    if (made == nullptr) throw std::runtime_error("the terminal cannot be edited in");
    return made;
}

}  // namespace

LineEditor::LineEditor(const Interrupts& interrupts)
    : interrupts_(interrupts),
      kept_(history_file()),
      history_(required(history_init()), &history_end),
      editor_(required(el_init("cloud-chat", stdin, editor_output(), stderr)), &el_end) {
    HistEvent event{};
    history(history_.get(), &event, H_SETSIZE, static_cast<int>(InputHistory::max_size));
    for (const std::string& entry : kept_.entries()) {
        history(history_.get(), &event, H_ENTER, entry.c_str());
    }
    el_set(editor_.get(), EL_CLIENTDATA, this);
    el_set(editor_.get(), EL_GETCFN, &read_character);
    el_set(editor_.get(), EL_PROMPT, &prompt);
    el_set(editor_.get(), EL_HIST, &history, history_.get());
    bind_keys();
}

void LineEditor::bind_keys() {
    EditLine* const editor = editor_.get();
    el_set(editor, EL_EDITOR, "emacs");
    // Of narrow names libedit makes copies that nobody frees.
    el_wset(editor, EL_ADDFN, L"complete", L"Complete a command", &complete);
    el_wset(editor, EL_ADDFN, L"paste", L"Insert what is pasted", &paste);
    el_set(editor, EL_BIND, "^I", "complete", nullptr);
    el_set(editor, EL_BIND, "\\e[200~", "paste", nullptr);
    el_set(editor, EL_BIND, "\\e[1;5D", "ed-prev-word", nullptr);
    el_set(editor, EL_BIND, "\\e[1;5C", "em-next-word", nullptr);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    // What the user's ~/.editrc says of keys.
    el_source(editor, nullptr);
}

Input LineEditor::next_input() {
    std::string text;
    prompt_ = "> ";
    for (;;) {
        Input read = next_line();
        if (std::holds_alternative<EndOfInput>(read) && !text.empty()) {
            tell("\n");
            return std::string();
        }
        auto* const line = std::get_if<std::string>(&read);
        if (line == nullptr) return read;
        text += *line;
        if (!text.ends_with('\\')) break;
        text.back() = '\n';
        prompt_ = "... ";
    }
    remember(text);
    return text;
}

Input LineEditor::next_line() {
    interrupted_ = false;
    if (::isatty(::fileno(editor_output())) == 1) terminal_.emplace(editor_.get());
    int length = 0;
    const char* const line = el_gets(editor_.get(), &length);
    terminal_.reset();
    if (interrupted_) return Interrupted{};
    if (line == nullptr) return EndOfInput{};
    std::string text(line);
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

void LineEditor::remember(const std::string& text) {
    if (text.empty() || !kept_.add(text)) return;
    HistEvent event{};
    history(history_.get(), &event, H_ENTER, text.c_str());
}

Awaited LineEditor::await_key() const {
    return await_input(interrupts_, terminal_ ? terminal_->signals().fd() : no_signals);
}

std::optional<char> LineEditor::next_byte() {
    Awaited awaited = Awaited::signal;
    // libedit is written in C: nothing may be thrown through it.
    try {
        while ((awaited = await_key()) == Awaited::signal) react_to(terminal_->signals().take());
    } catch (const std::system_error&) {
        return std::nullopt;
    }
    interrupted_ = awaited == Awaited::interrupt;
    char byte = 0;
    if (interrupted_ || ::read(STDIN_FILENO, &byte, 1) != 1) return std::nullopt;
    return byte;
}

void LineEditor::react_to(int signal) {
    if (signal == SIGWINCH) return el_resize(editor_.get());
    // Others may use the terminal while the program is stopped, and after its end.
    terminal_.reset();
    std::raise(signal);
    terminal_.emplace(editor_.get());
    // Whether or not others wrote there, the cursor is where EL_REFRESH begins.
    std::fputs("\r", editor_output());
    el_set(editor_.get(), EL_REFRESH);
}

bool LineEditor::next_character(wchar_t& character) {
    // NOLINTBEGIN(concurrency-mt-unsafe): with a state of its own it is safe
    std::mbstate_t state{};
    while (const auto byte = next_byte()) {
        std::size_t length = std::mbrtowc(&character, &*byte, 1, &state);
        if (length == conversion_failed) {
            // What began is none; this byte may begin another.
            state = {};
            length = std::mbrtowc(&character, &*byte, 1, &state);
        }
        if (length == conversion_failed) state = {};
        if (length != conversion_failed && length != character_goes_on) return true;
    }
    // NOLINTEND(concurrency-mt-unsafe)
    return false;
}

LineEditor& LineEditor::of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<LineEditor*>(self);
}

int LineEditor::read_character(EditLine* editor, wchar_t* character) {
    LineEditor& self = of(editor);
    if (self.next_character(*character)) return 1;
    errno = self.interrupted_ ? EINTR : 0;
    return self.interrupted_ ? -1 : 0;
}

char* LineEditor::prompt(EditLine* editor) {
    return of(editor).prompt_.data();
}

}  // namespace cloud_chat
