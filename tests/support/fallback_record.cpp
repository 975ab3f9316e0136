#include "fallback_record.hpp"

#include <ostream>
#include <sstream>

namespace cloud_backend::test {

namespace {

void print(std::ostream& out, const std::vector<BackendFailure>& failures) {
    out << " failures {";
    for (const BackendFailure& failure : failures) {
        out << ' ' << failure.backend << ' ' << failure.model << ": " << failure.error->message;
        print(out, failure.error->failures);
    }
    out << " }";
}

void print(std::ostream& out, const std::vector<AttemptInfo>& attempts) {
    out << " attempts [";
    for (const AttemptInfo& attempt : attempts) {
        out << ' ' << attempt.status << ' ' << static_cast<int>(attempt.end) << ' '
            << attempt.wait.count();
    }
    out << " ]";
}

void print(std::ostream& out, const ChatCompletion& answer) {
    out << answer.id << " \"" << answer.content() << "\" of " << answer.metadata.backend << ' '
        << answer.metadata.model << " in " << answer.metadata.total_time.count();
    print(out, answer.metadata.attempts);
    print(out, answer.metadata.failures);
}

void print(std::ostream& out, const Error& error) {
    const ErrorDetails& details = error.details();
    out << static_cast<int>(details.code) << ' ' << details.message;
    if (details.retry_after) out << " again in " << details.retry_after->count();
    print(out, details.attempts);
    print(out, details.failures);
    if (details.partial == nullptr) return;
    out << " after ";
    print(out, *details.partial);
}

void print(std::ostream& out, const Told& told, TimePoint started) {
    out << told.step << ' ' << (told.time - started).count() << ": " << told.router << '/'
        << told.backend << ' ' << to_string(told.kind);
    if (told.error) out << ' ' << static_cast<int>(*told.error) << ' ' << told.status;
    out << (told.has_partial ? " partial" : "") << (told.unavailable ? " unavailable" : "") << '\n';
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const CallRecord& record) {
    for (const Told& told : record.told) print(out, told, record.started);
    for (const Asked& asked : record.asked) {
        out << asked.step << ' ' << (asked.time - record.started).count() << ": " << asked.backend
            << " asked for " << asked.model << " gave " << asked.given << '\n';
    }
    for (const Delivered& one : record.delivered) {
        out << one.step << ": " << one.chunk.id << " delivered\n";
    }
    if (record.cancelled_at) out << *record.cancelled_at << ": cancelled\n";
    out << record.posts << " posts, " << (record.ended - record.started).count() << " ns\n";
    if (const ChatCompletion* answer = answer_of(record)) {
        print(out, *answer);
    } else if (const Error* error = error_of(record)) {
        print(out, *error);
    } else {
        out << "threw at " << record.threw_at.value_or(0);
    }
    return out << '\n';
}

}  // namespace cloud_backend::test
