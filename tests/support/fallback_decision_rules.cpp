#include "fallback_rules.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

namespace cloud_backend::test {

namespace {

using Kind = FallbackDecision::Kind;
using std::chrono::milliseconds;
using Names = std::vector<std::string>;

const std::vector<BackendScript>& backends_of(const FallbackScript& script,
                                              const std::string& router) {
    if (router.empty()) return script.backends;
    const auto index = static_cast<std::size_t>(router.back() - '0');  // There are at most four.
    return backends_of(script, router_of(router)).at(index).backends;
}

const BackendScript& script_of(const FallbackScript& script, const std::string& backend) {
    return backends_of(script, router_of(backend))
        .at(static_cast<std::size_t>(backend.back() - '0'));
}

std::vector<Told> told_by(const std::string& router, const CallRecord& record) {
    std::vector<Told> told;
    std::ranges::copy_if(record.told, std::back_inserter(told),
                         [&](const Told& one) { return one.router == router; });
    return told;
}

/// R10: the server sees as many requests as attempts are reported.
std::string attempts_are_requests(const FallbackScript&, const CallRecord& record) {
    if (record.threw_at) return {};  // Nothing is reported then.
    const std::size_t attempts = attempts_of(record).size();
    return attempts == record.posts ? ""
                                    : std::to_string(attempts) + " attempts, " +
                                          std::to_string(record.posts) + " requests";
}

/// F4: functions see it between two pieces; a service sees it to the millisecond.
std::string the_deadline_is_kept(const FallbackScript&, const CallRecord& record) {
    if (!record.script.deadline) return {};
    constexpr milliseconds longest_piece(200);
    const TimePoint deadline = record.started + *record.script.deadline;
    if (record.ended > deadline + longest_piece) return "it went on after its deadline";
    const auto late = [&](const auto& one) { return one.time >= deadline + milliseconds(1); };
    if (std::ranges::any_of(record.asked, late)) return "asked after the deadline";
    const bool turned_to_another = std::ranges::any_of(record.told, [&](const Told& told) {
        return told.kind == Kind::asked && told.time >= deadline;
    });
    return turned_to_another ? "turned to another backend after the deadline" : "";
}

/// F4: with a function that can be asked in the end, no service is waited for long; with nobody to
/// ask in the end, it is.
std::string waits_by_the_alternative(const FallbackScript& script, const CallRecord& record) {
    const auto attempts = attempts_of(record);
    if (attempts.empty()) return {};
    const BackendScript& last = script.backends.back();
    const bool is_function = last.kind != BackendKind::router && last.kind != BackendKind::service;
    const bool waited = std::ranges::any_of(
        attempts, [](const AttemptInfo& attempt) { return attempt.wait > milliseconds(2'000); });
    // A conflict is of the request: waited for, since no other backend does better with it.
    const bool conflict = std::ranges::any_of(
        record.asked, [](const Asked& asked) { return asked.script.status == 409; });
    if (is_function && !last.unavailable && waited && !conflict)
        return "a long wait with another to ask";
    const bool gave_up_waiting = attempts.back().end == AttemptEnd::wait_too_long;
    const bool is_last = record.asked.back().backend == name_in("", script.backends.size() - 1);
    return is_last && !is_function && gave_up_waiting ? "no wait, with nobody else to ask" : "";
}

// --- who was asked ------------------------------------------------------------------------------

/// Each backend in its turn: skipped, or asked and one result; what ends a call is told last.
std::string decisions_are_in_order(const std::string& router, const CallRecord& record) {
    std::size_t turn = 0;
    Kind before = Kind::skipped;
    for (const Told& told : told_by(router, record)) {
        const bool asked_before = before == Kind::asked;
        if (before == Kind::answered || before == Kind::gave_up) return "told after the end";
        if (told.backend != name_in(router, turn)) return told.backend + " out of turn";
        if ((told.kind == Kind::skipped || told.kind == Kind::asked) == asked_before) {
            return told.backend + " told without being asked, or asked without an end";
        }
        if (told.kind == Kind::skipped || told.kind == Kind::fell_back) ++turn;
        before = told.kind;
    }
    if (!router.empty()) return {};
    if ((before == Kind::answered) != (answer_of(record) != nullptr)) return "answered or not";
    return before == Kind::asked ? "asked without an end" : "";
}

std::string decisions_of_all_routers_are_in_order(const FallbackScript&, const CallRecord& record) {
    for (const Told& told : record.told) {
        auto fault = decisions_are_in_order(told.router, record);
        if (!fault.empty()) return fault;
    }
    return {};
}

/// F1
std::string only_what_is_unavailable_is_skipped(const FallbackScript& script,
                                                const CallRecord& record) {
    for (const Told& told : record.told) {
        const bool skipped = told.kind == Kind::skipped;
        if (skipped && !told.unavailable) return told.backend + " is skipped though available";
        if (told.kind == Kind::asked && told.unavailable)
            return told.backend + " is asked though not";
        const bool was_asked = std::ranges::any_of(
            record.asked, [&](const Asked& one) { return one.backend.starts_with(told.backend); });
        if (skipped && was_asked) return told.backend + " is skipped and asked";
    }
    for (const Asked& asked : record.asked) {
        if (asked.model != "m-" + asked.backend) return "asked for " + asked.model;
        if (script_of(script, asked.backend).unavailable) return "asked though unavailable";
    }
    return {};
}

bool is_fault_of_request(const Told& told) {
    return test::is_fault_of_request(told.status);
}

/// The call had been cancelled, or its deadline had passed, when this was told.
bool is_interrupted(const CallRecord& record, const Told& told) {
    if (record.cancelled_at && *record.cancelled_at < told.step) return true;
    return record.script.deadline && told.time >= record.started + *record.script.deadline;
}

/// F2, F3
std::string falls_back_by_the_rule(const FallbackScript&, const CallRecord& record) {
    for (const Told& told : record.told) {
        if (told.has_partial && told.delivered == 0) return "told of a partial without delivery";
        if (told.kind == Kind::fell_back) {
            if (told.delivered > 0) return "falls back after delivery";
            if (is_fault_of_request(told)) return "falls back on a fault of the request";
            if (told.error == ErrorCode::cancelled) return "falls back on a cancel";
            if (is_interrupted(record, told)) return "falls back after a cancel or the deadline";
        }
        if (told.kind == Kind::gave_up && told.delivered == 0 && !is_fault_of_request(told) &&
            !record.threw_at && !is_interrupted(record, told)) {
            return "gives up though another could answer";
        }
    }
    return {};
}

/// F3: what has begun is not held back.
std::string what_says_something_is_delivered(const FallbackScript&, const CallRecord& record) {
    if (!record.script.streamed || record.cancelled_at || record.script.deadline) return {};
    for (const Asked& asked : record.asked) {
        const auto& pieces = asked.script.pieces;
        const auto given = pieces.begin() + static_cast<std::ptrdiff_t>(asked.given);
        if (std::any_of(pieces.begin(), given, says_something) && record.delivered.empty()) {
            return asked.backend + " said something that is not delivered";
        }
    }
    return {};
}

/// The backends that were skipped or failed before, around those of the router that answered or
/// ended the call.
Names failed_before(const std::string& router, const CallRecord& record) {
    Names names;
    for (const Told& told : told_by(router, record)) {
        // The next one would have been asked, had the call not been interrupted.
        const bool gave_way = told.kind == Kind::gave_up && told.error != ErrorCode::cancelled &&
                              told.delivered == 0 && is_interrupted(record, told);
        if (told.kind == Kind::skipped || told.kind == Kind::fell_back || gave_way) {
            names.push_back(told.backend);
        } else if (told.kind != Kind::asked) {
            const Names inner = failed_before(told.backend, record);
            names.insert(names.end(), inner.begin(), inner.end());
        }
    }
    return names;
}

/// F5: one for each, and for each of a router within.
std::string are_all_of(const std::string& router, const FallbackScript& script,
                       const std::vector<BackendFailure>& failures) {
    const auto& backends = backends_of(script, router);
    if (failures.size() != backends.size()) return "not one failure for each of " + router;
    for (std::size_t i = 0; i < backends.size(); ++i) {
        const std::string name = name_in(router, i);
        if (failures[i].backend != name) return "the failure of " + name + " is missing";
        const ErrorDetails& error = *failures[i].error;
        if (error.code != ErrorCode::all_backends_failed) continue;
        auto fault = are_all_of(name, script, error.failures);
        if (!fault.empty()) return fault;
    }
    return {};
}

std::string failures_are_those_before(const FallbackScript& script, const CallRecord& record) {
    const ChatCompletion* answer = answer_of(record);
    const Error* error = error_of(record);
    if (answer == nullptr && error == nullptr) return {};
    const auto& failures =
        answer != nullptr ? answer->metadata.failures : error->details().failures;
    Names names;
    for (const BackendFailure& failure : failures) names.push_back(failure.backend);
    if (names != failed_before("", record)) return "other failures than were told";
    if (error == nullptr || error->code() != ErrorCode::all_backends_failed) return {};
    return are_all_of("", script, failures);
}

}  // namespace

std::string fault_of_decisions(const FallbackScript& script, const CallRecord& record) {
    return first_fault(
        std::array{
            attempts_are_requests,
            the_deadline_is_kept,
            waits_by_the_alternative,
            decisions_of_all_routers_are_in_order,
            only_what_is_unavailable_is_skipped,
            falls_back_by_the_rule,
            what_says_something_is_delivered,
            failures_are_those_before,
        },
        script, record);
}

}  // namespace cloud_backend::test
