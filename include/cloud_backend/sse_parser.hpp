#pragma once

#include <cloud_backend/export.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cloud_backend {

/// One item of an event stream. The views live until the callback that was given them returns.
struct SseEvent {
    /// What the item is.
    enum class Kind {
        event,      ///< A record with data, ended by an empty line.
        pending,    ///< A record with data that the end of the input left without its empty line.
        bare_line,  ///< A line that is no field of an event stream; `data` is the whole line.
    };

    Kind kind = Kind::event;
    /// The data lines, joined with LF. At least `SseParser::padding` bytes behind it can be read.
    std::string_view data{};
    std::string_view type{};  ///< The `event` field, empty when there was none.
    std::string_view id{};    ///< The last `id` seen in the stream.
};

/// An incremental parser for server-sent events, usable alone (SPEC 7).
///
/// Bytes go in as they come, events come out; the result never depends on how the bytes were cut.
/// Linear in the input, no allocation per event in steady state. It knows no JSON: what a pending
/// record or a bare line is worth, its user decides. Not thread-safe; values are independent.
class CLOUD_BACKEND_EXPORT SseParser {
public:
    /// Readable bytes behind every `SseEvent::data`, as SIMD JSON parsers ask for.
    static constexpr std::size_t padding = 64;

    /// How far the parser got.
    enum class Status {
        ok,
        stopped,          ///< The callback returned false; the rest of the bytes was not read.
        event_too_large,  ///< A record or line is larger than the limit; only `reset()` helps.
    };

    /// `max_event_bytes` bounds a record, and a line; a larger one is `event_too_large`.
    explicit SseParser(std::size_t max_event_bytes = std::size_t{8} << 20);

    /// Reads `bytes` and calls `on_event(const SseEvent&)` for each item they complete. The
    /// callback returns void, or bool: false stops. Its exceptions pass through; call `reset()`
    /// before the parser is used again after one.
    template <class F>
    Status feed(std::string_view bytes, F&& on_event) {
        begin_piece(bytes);
        return drain(on_event);
    }

    /// The input is over: hands over what was pending, as such.
    template <class F>
    Status finish(F&& on_event) {
        begin_piece({});
        finishing_ = true;
        return drain(on_event);
    }

    /// Forgets everything; the next bytes begin a new stream.
    void reset();

    /// The last valid `retry` field: how long the server wants a client to wait before it
    /// reconnects.
    [[nodiscard]] std::optional<std::chrono::milliseconds> reconnection_time() const noexcept {
        return reconnection_time_;
    }
    /// Bytes held by the parser's own buffers (they shrink after a large event).
    [[nodiscard]] std::size_t buffer_capacity() const noexcept;

private:
    template <class F>
    Status drain(F&& on_event) {
        while (const SseEvent* event = next()) {
            if constexpr (std::is_same_v<std::invoke_result_t<F&, const SseEvent&>, bool>) {
                if (!std::invoke(on_event, *event)) {
                    keep_data_of_piece();
                    return Status::stopped;
                }
            } else {
                std::invoke(on_event, *event);
            }
        }
        return status_;
    }

    void begin_piece(std::string_view bytes) noexcept;
    /// The next item; null when the piece is used up or the limit is passed.
    const SseEvent* next();

    [[nodiscard]] std::size_t find_line_end() noexcept;
    [[nodiscard]] const SseEvent* take_line(std::string_view line);
    void take_field(std::string_view name, std::string_view value);
    void add_data(std::string_view value);
    [[nodiscard]] std::string_view data() const noexcept;
    [[nodiscard]] const SseEvent* end_record(SseEvent::Kind kind);
    [[nodiscard]] const SseEvent* give(SseEvent::Kind kind, std::string_view data);
    void forget_what_was_given();
    void keep_data_of_piece();
    [[nodiscard]] bool within_limit(std::size_t bytes) noexcept;
    [[nodiscard]] bool lies_in_piece(std::string_view text) const noexcept;
    [[nodiscard]] bool has_padding(std::string_view text) const noexcept;

    std::size_t max_event_bytes_;

    std::string_view piece_{};
    std::size_t position_ = 0;
    /// At or behind `position_` once looked for; npos: none in the piece.
    std::size_t next_lf_ = 0;
    std::size_t next_cr_ = 0;

    bool at_start_ = true;   ///< A byte order mark may come.
    bool after_cr_ = false;  ///< An LF belongs to the line end before it.
    bool finishing_ = false;
    bool line_is_over_ = false;    ///< `line_` was read and can be dropped.
    bool record_is_over_ = false;  ///< So can the record.
    bool has_data_ = false;
    Status status_ = Status::ok;

    std::string line_{};             ///< A line that began in an earlier piece.
    std::string_view piece_data_{};  ///< The record's data while it is one line of this piece,
    std::string data_{};             ///< else put together here,
    std::size_t data_begin_ = 0;     ///< from this byte on.
    std::string type_{};
    std::string id_{};
    std::optional<std::chrono::milliseconds> reconnection_time_{};
    SseEvent event_{};
};

}  // namespace cloud_backend
