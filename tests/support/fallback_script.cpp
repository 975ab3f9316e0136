#include "fallback_script.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace cloud_backend::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Chance {
public:
    explicit Chance(std::mt19937_64& random) : random_(random) {}

    /// Below `n`.
    std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    bool one_in(std::size_t n) { return pick(n) == 0; }
    template <class Value, std::size_t N>
    Value any_of(const std::array<Value, N>& values) {
        return values.at(pick(N));
    }

private:
    std::mt19937_64& random_;
};

AnswerScript random_answer(Chance& chance) {
    using enum Piece;
    using enum AnswerEnd;
    constexpr std::array pieces{role, role, usage, content, content, reasoning, tool_call, finish};
    constexpr std::array ends{complete, complete,        complete, refused, status,
                              stalled,  error_in_answer, cut,      cut,     thrown};
    constexpr std::array statuses{400, 422, 401, 404, 409, 429, 429, 500, 503, 503};
    constexpr std::array delays{seconds(0), seconds(1), seconds(5), seconds(100)};
    AnswerScript answer{.end = chance.any_of(ends), .status = chance.any_of(statuses)};
    for (auto count = chance.pick(6); count > 0; --count) {
        answer.pieces.push_back(chance.any_of(pieces));
    }
    if (chance.one_in(3)) answer.retry_after = chance.any_of(delays);
    if (chance.one_in(2)) answer.pause = milliseconds(chance.pick(200));
    return answer;
}

BackendScript random_backend(Chance& chance, int depth) {
    using enum BackendKind;
    constexpr std::array kinds{
        service, service, service, streaming_function, streaming_function, completing_function,
        router};
    BackendScript backend{.kind = chance.any_of(kinds)};
    if (backend.kind == router && depth == 0) backend.kind = service;
    if (backend.kind == router) {
        for (auto count = 1 + chance.pick(3); count > 0; --count) {
            backend.backends.push_back(random_backend(chance, depth - 1));
        }
        return backend;
    }
    backend.unavailable = chance.one_in(8);
    for (auto count = 1 + chance.pick(3); count > 0; --count) {
        backend.answers.push_back(random_answer(chance));
    }
    return backend;
}

CallScript random_call(Chance& chance) {
    using enum CallbackEnd;
    CallScript call{.streamed = !chance.one_in(4)};
    if (chance.one_in(3)) {
        call.callback_end = chance.any_of(std::array{stops, throws, cancels});
        call.at_chunk = chance.pick(5);
    }
    if (chance.one_in(8)) call.cancel_at_step = chance.pick(30);
    if (chance.one_in(10)) call.cancel_after = milliseconds(chance.pick(5'000));
    if (chance.one_in(5)) call.deadline = milliseconds(chance.pick(5'000));
    return call;
}

// --- smaller ------------------------------------------------------------------------------------

using Scripts = std::vector<FallbackScript>;
using Reach = std::function<BackendScript&(FallbackScript&)>;

template <class Value>
void without_each(const FallbackScript& script, std::size_t least, Scripts& scripts,
                  const std::function<std::vector<Value>&(FallbackScript&)>& list) {
    FallbackScript copy = script;
    for (std::size_t i = 0; list(copy).size() > least && i < list(copy).size(); ++i) {
        FallbackScript shorter = script;
        auto& values = list(shorter);
        values.erase(values.begin() + static_cast<std::ptrdiff_t>(i));
        scripts.push_back(std::move(shorter));
    }
}

void smaller_backend(const FallbackScript& script, const Reach& reach, Scripts& scripts) {
    FallbackScript copy = script;
    const BackendScript backend = reach(copy);
    for (std::size_t i = 0; i < backend.backends.size(); ++i) {
        FallbackScript unnested = script;
        reach(unnested) = backend.backends[i];
        scripts.push_back(std::move(unnested));
        smaller_backend(
            script, [&](FallbackScript& in) -> BackendScript& { return reach(in).backends[i]; },
            scripts);
    }
    without_each<AnswerScript>(
        script, 1, scripts, [&](FallbackScript & in) -> auto& { return reach(in).answers; });
    for (std::size_t i = 0; i < backend.answers.size(); ++i) {
        without_each<Piece>(
            script, 0,
            scripts, [&](FallbackScript & in) -> auto& { return reach(in).answers[i].pieces; });
        if (backend.answers[i].pause == milliseconds::zero()) continue;
        scripts.push_back(script);
        reach(scripts.back()).answers[i].pause = {};
    }
}

void smaller_call(const FallbackScript& script, std::size_t i, Scripts& scripts) {
    const CallScript& call = script.calls[i];
    const auto change = [&](bool applies, auto&& apply) {
        if (!applies) return;
        scripts.push_back(script);
        apply(scripts.back().calls[i]);
    };
    change(call.callback_end != CallbackEnd::none,
           [](CallScript& c) { c.callback_end = CallbackEnd::none; });
    change(call.cancel_at_step.has_value(), [](CallScript& c) { c.cancel_at_step.reset(); });
    change(call.cancel_after.has_value(), [](CallScript& c) { c.cancel_after.reset(); });
    change(call.deadline.has_value(), [](CallScript& c) { c.deadline.reset(); });
}

// --- printing -----------------------------------------------------------------------------------

std::ostream& operator<<(std::ostream& out, const AnswerScript& answer) {
    constexpr std::array<std::string_view, 6> pieces{"role",      "content", "reasoning",
                                                     "tool_call", "finish",  "usage"};
    constexpr std::array<std::string_view, 7> ends{
        "complete", "refused", "status", "stalled", "error_in_answer", "cut", "thrown"};
    out << '[';
    for (const Piece piece : answer.pieces)
        out << pieces.at(static_cast<std::size_t>(piece)) << ' ';
    out << ends.at(static_cast<std::size_t>(answer.end)) << ' ' << answer.status;
    if (answer.retry_after) out << " Retry-After " << answer.retry_after->count();
    if (answer.pause > milliseconds::zero()) out << " pause " << answer.pause.count() << " ms";
    return out << ']';
}

std::ostream& operator<<(std::ostream& out, const BackendScript& backend) {
    constexpr std::array<std::string_view, 4> kinds{"service", "streaming_function",
                                                    "completing_function", "router"};
    out << kinds.at(static_cast<std::size_t>(backend.kind));
    if (backend.unavailable) out << " unavailable";
    for (const AnswerScript& answer : backend.answers) out << ' ' << answer;
    if (backend.kind != BackendKind::router) return out;
    out << " {";
    for (const BackendScript& inner : backend.backends) out << ' ' << inner << ';';
    return out << " }";
}

std::ostream& operator<<(std::ostream& out, const CallScript& call) {
    constexpr std::array<std::string_view, 4> ends{"", "stops", "throws", "cancels"};
    out << (call.streamed ? "streamed" : "plain");
    if (call.callback_end != CallbackEnd::none) {
        out << ", the callback " << ends.at(static_cast<std::size_t>(call.callback_end))
            << " at chunk " << call.at_chunk;
    }
    if (call.cancel_at_step) out << ", cancelled at step " << *call.cancel_at_step;
    if (call.cancel_after) out << ", cancelled after " << call.cancel_after->count() << " ms";
    if (call.deadline) out << ", deadline " << call.deadline->count() << " ms";
    return out;
}

}  // namespace

FallbackScript random_script(std::mt19937_64& random) {
    Chance chance(random);
    FallbackScript script{.max_retries = static_cast<int>(chance.pick(3)),
                          .fail_max = 1 + static_cast<int>(chance.pick(4))};
    for (auto count = 1 + chance.pick(4); count > 0; --count) {
        script.backends.push_back(random_backend(chance, 2));
    }
    for (auto count = 1 + chance.pick(2); count > 0; --count) {
        script.calls.push_back(random_call(chance));
    }
    return script;
}

std::vector<FallbackScript> smaller(const FallbackScript& script) {
    Scripts scripts;
    without_each<BackendScript>(
        script, 1, scripts, [](FallbackScript & in) -> auto& { return in.backends; });
    without_each<CallScript>(
        script, 1, scripts, [](FallbackScript & in) -> auto& { return in.calls; });
    for (std::size_t i = 0; i < script.backends.size(); ++i) {
        smaller_backend(
            script, [i](FallbackScript& in) -> BackendScript& { return in.backends[i]; }, scripts);
    }
    for (std::size_t i = 0; i < script.calls.size(); ++i) smaller_call(script, i, scripts);
    return scripts;
}

std::ostream& operator<<(std::ostream& out, const FallbackScript& script) {
    out << "max_retries " << script.max_retries << ", fail_max " << script.fail_max << '\n';
    for (std::size_t i = 0; i < script.backends.size(); ++i) {
        out << "b" << i << ": " << script.backends[i] << '\n';
    }
    for (const CallScript& call : script.calls) out << "call: " << call << '\n';
    return out;
}

}  // namespace cloud_backend::test
