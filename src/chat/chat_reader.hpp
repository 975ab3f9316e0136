#pragma once

#include "chat/answer_document.hpp"
#include "chat/answer_format.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>
#include <cloud_backend/sse_parser.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace cloud_backend::detail {

/// What is known of an answer; its views live as long as `completion`.
[[nodiscard]] AnswerInfo info_of(const ChatCompletion& completion) noexcept;

/// Reads the answer to a chat.
class ChatReader : public ResponseReader {
public:
    /// The answer, after `Complete`, or what of it was delivered.
    [[nodiscard]] virtual ChatCompletion take() = 0;
};

/// Reads an answer that is one JSON document.
class CompletionReader final : public ChatReader {
public:
    CompletionReader(const LimitOptions& limits, std::unique_ptr<AnswerFormat> format);

    std::string_view accept() const override { return "application/json"; }
    void begin(const ResponseHead& head) override;
    Reading on_body(std::string_view bytes) override;
    Reading on_end() override;
    Reading on_cut() override { return on_end(); }
    [[nodiscard]] AnswerInfo answer() const override { return info_of(completion_); }

    [[nodiscard]] ChatCompletion take() override;

private:
    std::unique_ptr<AnswerFormat> format_;
    AnswerDocument document_;
    ChatCompletion completion_{};
};

/// What a stream's reader needs to know of the call.
struct StreamReaderOptions {
    LimitOptions limits{};
    bool fail_on_malformed = false;
    int expected_choices = 1;  ///< `n` of the request (SPEC T4).
    std::stop_token stop{};
};

/// Reads a streamed answer and delivers it chunk by chunk; also an answer that is one JSON document
/// although a stream was asked for (SPEC E3).
class ChatStreamReader final : public ChatReader {
public:
    /// `on_chunk` must outlive the reader.
    ChatStreamReader(const ChunkCallback& on_chunk, const StreamReaderOptions& options,
                     std::unique_ptr<AnswerFormat> format);

    std::string_view accept() const override { return "text/event-stream"; }
    void begin(const ResponseHead& head) override;
    Reading on_body(std::string_view bytes) override;
    Reading on_end() override;
    Reading on_cut() override { return on_end(); }
    [[nodiscard]] std::size_t events_seen() const noexcept { return events_seen_; }
    bool delivered() const override { return delivered_; }
    std::size_t malformed_chunks() const override { return malformed_chunks_; }
    std::shared_ptr<const ChatCompletion> partial() const override;
    [[nodiscard]] AnswerInfo answer() const override;

    [[nodiscard]] ChatCompletion take() override;

private:
    enum class BodyKind { unknown, events, document };

    [[nodiscard]] Reading read_events(std::string_view bytes);
    [[nodiscard]] Reading finish_events();
    [[nodiscard]] Reading end_without_done();
    [[nodiscard]] Reading read_document();

    [[nodiscard]] Reading on_event(const SseEvent& event);
    [[nodiscard]] Reading on_data(std::string_view data);
    [[nodiscard]] Reading on_malformed_data(std::string_view data);
    [[nodiscard]] Reading on_bare_line(std::string_view line);
    [[nodiscard]] Reading on_error(std::string_view said);
    [[nodiscard]] Reading deliver(const ChatChunk& chunk);

    [[nodiscard]] bool is_event(std::string_view data);
    [[nodiscard]] std::optional<ErrorDetails> find_stream_error(std::string_view json);
    [[nodiscard]] bool must_fail() const noexcept;
    [[nodiscard]] ErrorDetails malformed_event() const;
    [[nodiscard]] ErrorDetails event_too_large() const;

    const ChunkCallback& on_chunk_;
    StreamReaderOptions options_;
    std::unique_ptr<AnswerFormat> format_;
    BodyKind body_ = BodyKind::unknown;
    AnswerDocument document_;
    SseParser parser_;
    ChatAccumulator accumulator_{};
    std::unique_ptr<ChatCompletion> whole_{};  ///< The answer, when it was one document.
    std::size_t received_ = 0;
    std::size_t events_seen_ = 0;
    std::size_t malformed_chunks_ = 0;
    bool delivered_ = false;
};

/// Reads a whole answer if `on_chunk` is null, else a streamed one; then `on_chunk` must outlive
/// the reader.
[[nodiscard]] std::unique_ptr<ChatReader> make_chat_reader(const ChunkCallback* on_chunk,
                                                           const StreamReaderOptions& options,
                                                           std::unique_ptr<AnswerFormat> format);

/// What `reader` has read in a call that went well, and how it went.
[[nodiscard]] ChatCompletion completion_of(ChatReader& reader, CallMetadata metadata);

}  // namespace cloud_backend::detail
