#pragma once

#include <cloud_backend/call_info.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/transport.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>

namespace cloud_backend {

/// The answer goes on.
struct NeedMore {};
/// The answer is complete; what may still come of it says nothing.
struct Complete {};
/// The user's callback asked for no more; no error.
struct StoppedByCallback {};
/// The caller cancelled before something that was about to be delivered (SPEC T1).
struct Cancelled {};

/// What the bytes read so far amount to.
using Reading = std::variant<NeedMore, Complete, StoppedByCallback, Cancelled, ErrorDetails>;

/// Told of the valid events of an answer, each before the user is given it (SPEC B4, T5).
class EventObserver {
public:
    /// A valid event was read.
    virtual void on_event() = 0;

protected:
    ~EventObserver() = default;
};

/// Gives meaning to the body of a 2xx answer. A call feeds it, attempt after attempt; `begin`
/// starts each one anew. Used on the thread that drives the call. User callbacks run inside
/// `on_body` and `on_end`; what they throw passes through these. A call looks at its stop token
/// before each piece; a reader that delivers several things out of one looks between them.
class ResponseReader {
public:
    virtual ~ResponseReader() = default;

    /// The `Accept` header: the media type it can read (SPEC C1a).
    [[nodiscard]] virtual std::string_view accept() const = 0;

    /// The answer to an attempt begins; what was read of an earlier one is void.
    virtual void begin(const ResponseHead& head) = 0;
    /// A piece of the body, valid during the call.
    virtual Reading on_body(std::string_view bytes) = 0;
    /// The body ended, or the connection was closed. `Complete`, or an error that says what is
    /// missing; never `NeedMore`.
    virtual Reading on_end() = 0;
    /// The connection broke or fell silent before the end. `Complete` only if what has come is
    /// known to be the whole answer (SPEC T4); an error otherwise, which then tells of the cut.
    virtual Reading on_cut() {
        return ErrorDetails{.code = ErrorCode::stream_truncated, .message = "the answer is cut"};
    }

    /// Something of this call was given to the user: no attempt may follow (SPEC R7).
    [[nodiscard]] virtual bool delivered() const { return false; }
    /// Events skipped because they made no sense (SPEC E5); goes into `CallMetadata`.
    [[nodiscard]] virtual std::size_t malformed_chunks() const { return 0; }
    /// The completion so far, if anything of it was delivered; goes into `Error::partial()`.
    [[nodiscard]] virtual std::shared_ptr<const ChatCompletion> partial() const { return nullptr; }

    /// The answer as far as it has come, for `Hooks::on_call_finished`.
    [[nodiscard]] virtual AnswerInfo answer() const { return {}; }

    /// For the call that uses the reader. `observer` may be null, or lives until another is set.
    void report_events_to(EventObserver* observer) noexcept { observer_ = observer; }

protected:
    /// A valid event was read, and is about to be delivered.
    void report_event() const {
        if (observer_ != nullptr) observer_->on_event();
    }

private:
    EventObserver* observer_ = nullptr;
};

}  // namespace cloud_backend
