#include "fallback_invariants.hpp"

#include "scripted_answer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

namespace {

using Kind = FallbackDecision::Kind;
using std::chrono::milliseconds;

using Names = std::vector<std::string>;

const ChatCompletion* answer_of(const CallRecord& record) {
    return std::get_if<ChatCompletion>(&record.outcome);
}

const Error* error_of(const CallRecord& record) {
    return std::get_if<Error>(&record.outcome);
}

/// The name of the router that a backend is in; empty: the outermost.
std::string router_of(const std::string& backend) {
    const auto dot = backend.rfind('.');
    return dot == std::string::npos ? "" : backend.substr(0, dot);
}

const std::vector<BackendScript>& backends_of(const FallbackScript& script,
                                              const std::string& router) {
    if (router.empty()) return script.backends;
    const auto index = static_cast<std::size_t>(router.back() - '0');  // There are at most four.
    return backends_of(script, router_of(router)).at(index).backends;
}

std::string name_in(const std::string& router, std::size_t index) {
    return (router.empty() ? "b" : router + ".") + std::to_string(index);
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

std::vector<ChatChunk> delivered_chunks(const CallRecord& record) {
    std::vector<ChatChunk> chunks;
    for (const Delivered& one : record.delivered) chunks.push_back(one.chunk);
    return chunks;
}

/// What the backend that was asked gives when nothing goes wrong.
std::vector<std::string> ids_to_deliver(const Asked& asked) {
    if (asked.kind == BackendKind::completing_function) return {accumulated(asked.chunks).id};
    std::vector<std::string> ids;
    for (const ChatChunk& chunk : asked.chunks) ids.push_back(chunk.id);
    return ids;
}

bool has(std::span<const Piece> pieces, Piece piece) {
    return std::ranges::find(pieces, piece) != pieces.end();
}

/// The pieces that were delivered of a stream.
std::span<const Piece> delivered_pieces(const CallRecord& record) {
    const std::span<const Piece> pieces(record.asked.back().script.pieces);
    return pieces.first(std::min(record.delivered.size(), pieces.size()));
}

/// T4: a stream of a service that breaks off after its finish reason, or is left at the deadline,
/// lacks nothing.
bool ended_by_its_finish_reason(const CallRecord& record) {
    const Asked& asked = record.asked.back();
    const AnswerEnd end = asked.script.end;
    const bool cut = end == AnswerEnd::cut || end == AnswerEnd::stalled ||
                     end == AnswerEnd::thrown || record.script.deadline;
    return cut && record.script.streamed && asked.kind == BackendKind::service &&
           has(delivered_pieces(record), Piece::finish);
}

// --- what is delivered --------------------------------------------------------------------------

/// No chunk twice, none of two backends or of two attempts, none left out, in order.
std::string delivery_is_the_beginning_of_one_answer(const FallbackScript&,
                                                    const CallRecord& record) {
    if (record.delivered.empty()) return {};
    if (record.asked.empty()) return "delivered, and nobody was asked";
    const auto ids = ids_to_deliver(record.asked.back());
    if (record.delivered.size() > ids.size()) return "more is delivered than there was";
    for (std::size_t i = 0; i < record.delivered.size(); ++i) {
        if (record.delivered[i].chunk.id != ids[i]) {
            return "chunk " + ids[i] + " is to be delivered, not " + record.delivered[i].chunk.id;
        }
    }
    if (record.asked.back().kind == BackendKind::completing_function) return {};
    auto chunks = record.asked.back().chunks;
    chunks.resize(record.delivered.size());
    const bool same =
        text_of(accumulated(chunks)) == text_of(accumulated(delivered_chunks(record)));
    return same ? "" : "chunks are delivered changed";
}

/// F3: what says nothing is delivered with what does, or as the end of an answer.
std::string delivery_begins_with_what_says_something(const FallbackScript&,
                                                     const CallRecord& record) {
    if (record.delivered.empty() || answer_of(record) != nullptr || record.threw_at ||
        record.cancelled_at) {
        return {};
    }
    const bool said = std::ranges::any_of(delivered_pieces(record), says_something);
    return said ? "" : "only what says nothing is delivered, and the answer failed";
}

std::string nothing_follows_the_end_of_the_caller(const FallbackScript&, const CallRecord& record) {
    const auto end = record.threw_at ? record.threw_at : record.stopped_at;
    for (const Delivered& one : record.delivered) {
        if (end && one.step > *end) return "delivered to a callback that had ended the call";
        if (record.cancelled_at && one.step > *record.cancelled_at)
            return "delivered when cancelled";
    }
    for (const Asked& one : record.asked) {
        if (record.cancelled_at && one.step > *record.cancelled_at) return "asked when cancelled";
        if (!record.delivered.empty() && one.step > record.delivered.front().step) {
            return "asked after something was delivered";
        }
    }
    const bool turned_to_another = std::ranges::any_of(record.told, [&](const Told& told) {
        return told.kind == Kind::asked && record.cancelled_at && told.step > *record.cancelled_at;
    });
    return turned_to_another ? "turned to another backend when cancelled" : "";
}

// --- how the call ends --------------------------------------------------------------------------

std::string an_exception_of_the_callback_passes_unchanged(const FallbackScript&,
                                                          const CallRecord& record) {
    const auto* thrown = std::get_if<CallbackException>(&record.outcome);
    if (record.threw_at.has_value() != (thrown != nullptr)) return "the callback's exception";
    if (thrown != nullptr && thrown->step != *record.threw_at) return "another exception";
    const bool stopped = record.stopped_at.has_value();
    return stopped && answer_of(record) == nullptr ? "a stop of the callback is no error" : "";
}

std::string an_answer_is_what_was_delivered(const FallbackScript&, const CallRecord& record) {
    const ChatCompletion* answer = answer_of(record);
    if (answer == nullptr) return {};
    const Asked& asked = record.asked.back();
    const auto chunks = record.script.streamed ? delivered_chunks(record) : asked.chunks;
    if (text_of(*answer) != text_of(accumulated(chunks))) {
        return "the answer is " + text_of(*answer) + ", delivered was " +
               text_of(accumulated(chunks));
    }
    if (record.stopped_at || ended_by_its_finish_reason(record)) return {};
    if (asked.script.end != AnswerEnd::complete) return "an answer that is not whole";
    const bool all_delivered = record.delivered.size() == ids_to_deliver(asked).size();
    return record.script.streamed && !all_delivered ? "not all of the answer is delivered" : "";
}

/// F6
std::string the_answer_says_who_answered(const FallbackScript&, const CallRecord& record) {
    const ChatCompletion* answer = answer_of(record);
    if (answer == nullptr) return {};
    const std::string& backend = record.asked.back().backend;
    std::string path = backend;
    for (std::string router = router_of(backend); !router.empty(); router = router_of(router)) {
        path = router + '/' + path;
    }
    if (answer->metadata.backend != path)
        return "it says that it is of " + answer->metadata.backend;
    if (answer->metadata.model != "m-" + backend) return "it says " + answer->metadata.model;
    return {};
}

bool any_partial(const std::vector<BackendFailure>& failures) {
    return std::ranges::any_of(failures, [](const BackendFailure& failure) {
        return failure.error->partial != nullptr || any_partial(failure.error->failures);
    });
}

std::string an_error_has_what_was_delivered(const FallbackScript&, const CallRecord& record) {
    if (const ChatCompletion* answer = answer_of(record)) {
        return any_partial(answer->metadata.failures) ? "a failure before has a partial" : "";
    }
    const Error* error = error_of(record);
    if (error == nullptr) return {};
    if (any_partial(error->details().failures)) return "a failure before has a partial";
    if ((error->partial() == nullptr) != record.delivered.empty()) return "partial or not";
    if (error->partial() == nullptr) return {};
    const auto delivered = text_of(accumulated(delivered_chunks(record)));
    const auto partial = text_of(*error->partial());
    return partial == delivered ? "" : "partial is " + partial + ", delivered was " + delivered;
}

const std::vector<AttemptInfo>& attempts_of(const CallRecord& record) {
    static const std::vector<AttemptInfo> unknown;
    if (const ChatCompletion* answer = answer_of(record)) return answer->metadata.attempts;
    const Error* error = error_of(record);
    return error != nullptr ? error->attempts() : unknown;
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
    const auto& attempts = attempts_of(record);
    if (attempts.empty()) return {};
    const BackendScript& last = script.backends.back();
    const bool is_function = last.kind != BackendKind::router && last.kind != BackendKind::service;
    const bool waited = std::ranges::any_of(
        attempts, [](const AttemptInfo& attempt) { return attempt.wait > milliseconds(2'000); });
    if (is_function && !last.unavailable && waited) return "a long wait with another to ask";
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
    return (before == Kind::asked) == record.threw_at.has_value() ? "" : "asked without an end";
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

/// F2, F3
std::string falls_back_by_the_rule(const FallbackScript&, const CallRecord& record) {
    for (const Told& told : record.told) {
        if (told.has_partial && told.delivered == 0) return "told of a partial without delivery";
        if (told.kind == Kind::fell_back) {
            if (told.delivered > 0) return "falls back after delivery";
            if (is_fault_of_request(told)) return "falls back on a fault of the request";
            if (told.error == ErrorCode::cancelled) return "falls back on a cancel";
        }
        if (told.kind == Kind::gave_up && told.delivered == 0 && !is_fault_of_request(told) &&
            told.error != ErrorCode::cancelled && told.error != ErrorCode::timeout) {
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
        if (told.kind == Kind::skipped || told.kind == Kind::fell_back) {
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

std::string fault_of(const FallbackScript& script, const CallRecord& record) {
    constexpr std::array rules{
        delivery_is_the_beginning_of_one_answer,
        delivery_begins_with_what_says_something,
        nothing_follows_the_end_of_the_caller,
        an_exception_of_the_callback_passes_unchanged,
        an_answer_is_what_was_delivered,
        the_answer_says_who_answered,
        an_error_has_what_was_delivered,
        attempts_are_requests,
        the_deadline_is_kept,
        waits_by_the_alternative,
        decisions_of_all_routers_are_in_order,
        only_what_is_unavailable_is_skipped,
        falls_back_by_the_rule,
        what_says_something_is_delivered,
        failures_are_those_before,
    };
    for (const auto& rule : rules) {
        auto fault = rule(script, record);
        if (!fault.empty()) return fault;
    }
    return {};
}

}  // namespace cloud_backend::test
