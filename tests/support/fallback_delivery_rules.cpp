#include "fallback_rules.hpp"
#include "scripted_answer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace cloud_backend::test {

namespace {

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
        return told.kind == FallbackDecision::Kind::asked && record.cancelled_at &&
               told.step > *record.cancelled_at;
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

}  // namespace

std::string fault_of_delivery(const FallbackScript& script, const CallRecord& record) {
    return first_fault(
        std::array{
            delivery_is_the_beginning_of_one_answer,
            delivery_begins_with_what_says_something,
            nothing_follows_the_end_of_the_caller,
            an_exception_of_the_callback_passes_unchanged,
            an_answer_is_what_was_delivered,
            the_answer_says_who_answered,
            an_error_has_what_was_delivered,
        },
        script, record);
}

}  // namespace cloud_backend::test
