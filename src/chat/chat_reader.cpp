#include "chat/chat_reader.hpp"

#include "chat/completion_json.hpp"
#include "chat/lent_chunk.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace cloud_backend::detail {

namespace {

bool needs_more(const Reading& reading) {
    return std::holds_alternative<NeedMore>(reading);
}

/// What may stand before the first sign of an answer's format: white space, a byte order mark.
constexpr std::string_view blank = " \t\r\n\xEF\xBB\xBF";

bool begins_document(char first) {
    return first == '{' || first == '[' || first == '<';
}

/// Calls `visit` with each line of `data` that is not blank, until it returns false; whether it
/// never did.
template <class Visit>
bool all_lines(std::string_view data, Visit&& visit) {
    while (!data.empty()) {
        const auto end = std::min(data.find('\n'), data.size());
        const auto line = trim(data.substr(0, end));
        if (!line.empty() && !visit(line)) return false;
        data.remove_prefix(std::min(end + 1, data.size()));
    }
    return true;
}

/// Servers that say nothing of the type are believed.
bool may_be_event_stream(std::string_view content_type) {
    constexpr std::string_view event_stream = "text/event-stream";
    return content_type.empty() ||
           equals_ignoring_case(content_type.substr(0, event_stream.size()), event_stream);
}

}  // namespace

AnswerInfo info_of(const ChatCompletion& completion) noexcept {
    return {.id = completion.id,
            .model = completion.model,
            .finish_reason = completion.finish_reason(),
            .usage = completion.usage ? &*completion.usage : nullptr};
}

// --- CompletionReader ----------------------------------------------------------------------------

CompletionReader::CompletionReader(const LimitOptions& limits, std::unique_ptr<AnswerFormat> format)
    : format_(std::move(format)), document_(limits, *format_) {}

void CompletionReader::begin(const ResponseHead& head) {
    document_.begin(head);
}

Reading CompletionReader::on_body(std::string_view bytes) {
    if (auto error = document_.append(bytes)) return std::move(*error);
    return NeedMore{};
}

Reading CompletionReader::on_end() {
    auto answer = document_.read();
    if (auto* error = std::get_if<ErrorDetails>(&answer)) return std::move(*error);
    completion_ = std::get<ChatCompletion>(std::move(answer));
    return Complete{};
}

ChatCompletion CompletionReader::take() {
    return std::move(completion_);
}

// --- ChatStreamReader ----------------------------------------------------------------------------

ChatStreamReader::ChatStreamReader(const ChunkCallback& on_chunk,
                                   const StreamReaderOptions& options,
                                   std::unique_ptr<AnswerFormat> format)
    : on_chunk_(on_chunk),
      options_(options),
      format_(std::move(format)),
      document_(options.limits, *format_),
      parser_(options.limits.event) {}

void ChatStreamReader::begin(const ResponseHead& head) {
    body_ = BodyKind::unknown;
    document_.begin(head);
    parser_.reset();
    format_->begin();
    accumulator_.reset();
    whole_.reset();
    received_ = 0;
    events_seen_ = 0;
    malformed_chunks_ = 0;
    delivered_ = false;
}

Reading ChatStreamReader::on_body(std::string_view bytes) {
    received_ += bytes.size();
    if (received_ > options_.limits.response_body) {  // T8
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer is larger than " +
                                       std::to_string(options_.limits.response_body) + " bytes"};
    }
    if (body_ == BodyKind::unknown) {
        const auto first = bytes.find_first_not_of(blank);
        if (first != std::string_view::npos && begins_document(bytes[first])) {
            body_ = BodyKind::document;
            bytes.remove_prefix(first);
        } else if (first != std::string_view::npos) {
            body_ = BodyKind::events;
        }
    }
    if (body_ != BodyKind::document) return read_events(bytes);
    if (auto error = document_.append(bytes)) return std::move(*error);
    if (!document_.begins_with_bare_line()) return NeedMore{};
    body_ = BodyKind::events;
    return read_events(document_.take_bytes());
}

Reading ChatStreamReader::on_end() {
    return body_ == BodyKind::events ? finish_events() : read_document();
}

Reading ChatStreamReader::read_events(std::string_view bytes) {
    Reading reading;
    const auto status = parser_.feed(bytes, [&](const SseEvent& event) {
        reading = on_event(event);
        return needs_more(reading);
    });
    if (status == SseParser::Status::event_too_large) return event_too_large();
    return reading;
}

Reading ChatStreamReader::finish_events() {
    Reading reading;
    const auto status = parser_.finish([&](const SseEvent& event) {
        reading = on_event(event);
        return needs_more(reading);
    });
    if (status == SseParser::Status::event_too_large) return event_too_large();
    return needs_more(reading) ? end_without_done() : reading;
}

/// T4
Reading ChatStreamReader::end_without_done() {
    if (accumulator_.finished(options_.expected_choices)) {
        if (must_fail()) return malformed_event();
        return Complete{};
    }
    const bool nothing_read = events_seen_ == 0 && malformed_chunks_ == 0;
    if (nothing_read && !may_be_event_stream(document_.content_type())) {
        return document_.unexpected("the answer is no event stream", true);
    }
    return ErrorDetails{.code = ErrorCode::stream_truncated,
                        .message = "the stream ended before the answer did",
                        .retryable = !delivered_,
                        .events_seen = events_seen_};
}

Reading ChatStreamReader::read_document() {
    auto answer = document_.read();
    if (auto* error = std::get_if<ErrorDetails>(&answer)) return std::move(*error);
    if (options_.stop.stop_requested()) return Cancelled{};
    whole_ = std::make_unique<ChatCompletion>(std::get<ChatCompletion>(std::move(answer)));
    ++events_seen_;
    report_event();
    delivered_ = true;
    if (!on_chunk_(as_chunk(*whole_))) return StoppedByCallback{};
    return Complete{};
}

Reading ChatStreamReader::on_event(const SseEvent& event) {
    if (event.kind == SseEvent::Kind::bare_line) return on_bare_line(event.data);
    return event.type == "error" && !must_fail() ? on_error(event.data) : on_data(event.data);
}

Reading ChatStreamReader::on_data(std::string_view data) {
    // E5: only what follows shows that a malformed event was not the last, cut one.
    if (must_fail()) return malformed_event();
    const LentChunk lent(data.size());
    auto decoded = format_->decode(data, *lent);
    if (const auto* chunk = std::get_if<const ChatChunk*>(&decoded)) return deliver(**chunk);
    if (auto* error = std::get_if<ErrorDetails>(&decoded)) return std::move(*error);
    if (std::holds_alternative<MalformedChunk>(decoded)) return on_malformed_data(data);
    if (std::holds_alternative<Complete>(decoded)) return Complete{};
    format_->commit();
    return NeedMore{};
}

/// S6: the lines of the data may be events of their own.
Reading ChatStreamReader::on_malformed_data(std::string_view data) {
    const bool several_lines = data.find('\n') != std::string_view::npos;
    if (!several_lines || !all_lines(data, [this](auto line) { return is_event(line); })) {
        ++malformed_chunks_;
        return NeedMore{};
    }
    Reading reading;
    all_lines(data, [&](std::string_view line) {
        reading = on_data(line);
        return needs_more(reading);
    });
    return reading;
}

bool ChatStreamReader::is_event(std::string_view data) {
    const LentChunk lent(data.size());
    return !std::holds_alternative<MalformedChunk>(format_->decode(data, *lent));
}

/// S7
Reading ChatStreamReader::on_bare_line(std::string_view line) {
    constexpr std::string_view error_field = "error:";
    line = trim(line);
    if (line.starts_with(error_field)) {
        line.remove_prefix(error_field.size());
        return trim(line).empty() ? NeedMore{} : on_error(line);
    }
    if (line.empty() || !begins_document(line.front())) return NeedMore{};
    if (auto error = find_stream_error(line)) return std::move(*error);
    return NeedMore{};
}

/// What `said` tells under the name of an error: its holder, the error itself, or a text (S7, E1).
Reading ChatStreamReader::on_error(std::string_view said) {
    said = trim(said);
    if (auto error = find_stream_error(said)) return std::move(*error);
    std::string as_member = "{\"error\":" + std::string(said) + '}';
    const auto size = as_member.size();
    as_member.append(SseParser::padding, ' ');
    const auto json = std::string_view(as_member).substr(0, size);
    if (auto error = find_stream_error(json)) return std::move(*error);
    if (is_event(json)) return NeedMore{};
    return ErrorDetails{
        .code = ErrorCode::stream,
        .message = said.empty() ? "the server reports an error" : std::string(said)};
}

std::optional<ErrorDetails> ChatStreamReader::find_stream_error(std::string_view json) {
    const LentChunk lent(json.size());
    auto decoded = format_->decode(json, *lent);
    auto* error = std::get_if<ErrorDetails>(&decoded);
    if (error == nullptr || error->code != ErrorCode::stream) return std::nullopt;
    return std::move(*error);
}

Reading ChatStreamReader::deliver(const ChatChunk& chunk) {
    if (options_.stop.stop_requested()) return Cancelled{};  // T1
    if (accumulator_.add(chunk) != ChatAccumulator::Status::ok) {
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer has too many tool calls or fields"};
    }
    ++events_seen_;
    format_->commit();  // Before user code, which may parse JSON of its own.
    report_event();
    delivered_ = true;  // Also if the callback throws.
    if (!on_chunk_(chunk)) return StoppedByCallback{};
    return NeedMore{};
}

bool ChatStreamReader::must_fail() const noexcept {
    return options_.fail_on_malformed && malformed_chunks_ > 0;
}

ErrorDetails ChatStreamReader::malformed_event() const {
    return document_.unexpected("an event of the stream is no chunk of an answer", false);
}

/// T8
ErrorDetails ChatStreamReader::event_too_large() const {
    return {.code = ErrorCode::limit_exceeded,
            .message = "an event of the stream is larger than " +
                       std::to_string(options_.limits.event) + " bytes"};
}

AnswerInfo ChatStreamReader::answer() const {
    return whole_ ? info_of(*whole_) : accumulator_.info();
}

std::shared_ptr<const ChatCompletion> ChatStreamReader::partial() const {
    if (!delivered_) return nullptr;
    return std::make_shared<const ChatCompletion>(whole_ ? *whole_ : accumulator_.completion());
}

ChatCompletion ChatStreamReader::take() {
    return whole_ ? std::move(*whole_) : accumulator_.take();
}

// --- either --------------------------------------------------------------------------------------

std::unique_ptr<ChatReader> make_chat_reader(const ChunkCallback* on_chunk,
                                             const StreamReaderOptions& options,
                                             std::unique_ptr<AnswerFormat> format) {
    if (on_chunk == nullptr) {
        return std::make_unique<CompletionReader>(options.limits, std::move(format));
    }
    return std::make_unique<ChatStreamReader>(*on_chunk, options, std::move(format));
}

ChatCompletion completion_of(ChatReader& reader, CallMetadata metadata) {
    ChatCompletion completion = reader.take();
    completion.metadata = std::move(metadata);
    return completion;
}

}  // namespace cloud_backend::detail
