#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/headers.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_backend {

/// What is sent in one attempt.
struct HttpRequest {
    std::string method = "POST";  ///< Or "GET", then without a body.
    std::string url{};
    Headers headers{};
    std::string body{};
    /// Response headers larger than this, all together, fail the transfer (SPEC T8).
    std::size_t max_header_bytes = std::size_t{64} << 10;
    /// The caller ends the transfer at this time itself; a transport may divide it among addresses.
    std::chrono::milliseconds connect_timeout{10'000};
    /// Masked wherever a transport logs what it sends.
    std::string secret{};
};

/// Status line and header fields of the final answer (not of a 1xx before it).
struct ResponseHead {
    int status = 0;
    Headers headers{};
    /// The body's end is marked on the wire (length, chunks), so a clean end is a complete body.
    bool framed = false;
};

/// How a transfer failed; what it means for a retry is decided elsewhere (SPEC 3).
enum class TransferFault {
    not_sent,     ///< Resolving, connecting or TLS failed: the server saw no request.
    interrupted,  ///< Sending or receiving failed.
    distrusted,   ///< The server's certificate is not trusted.
    too_large,    ///< The response headers passed `HttpRequest::max_header_bytes`.
    local,        ///< Bad option or local failure: says nothing of the server.
};

/// How a transfer failed, and how far it was.
struct TransferFailure {
    TransferFault fault{};
    ConnectionStage stage{};
    int curl_code = 0;
    std::string message{};
};

/// Whether a connection was made for the transfer, or kept from an earlier one.
enum class ConnectionUse { fresh, reused };

/// What becomes of a transfer after an event.
enum class Flow {
    proceed,
    pause,  ///< From `on_body`: no more of the body until `TransferLoop::resume`.
    stop,
};

/// Receives the events of one transfer, in the order below (trailers apart; not all come), on the
/// thread that runs the loop. Implementations do not throw.
class TransferEvents {
public:
    virtual ~TransferEvents() = default;

    /// The transfer waits for a connection that others may use meanwhile: it is not connecting yet.
    virtual void on_queued() {}
    /// After `on_queued`: a connection of its own is made for it.
    virtual void on_connecting() {}
    /// Connected; from here on the request may reach the server.
    virtual void on_sent(ConnectionUse connection) = 0;
    /// Bytes of a head arrived, a 1xx one included, or of trailers. The first ones are the answer's
    /// first byte.
    virtual void on_header_bytes() = 0;
    /// The head of the final answer.
    virtual Flow on_head(ResponseHead head) = 0;
    /// A piece of the decoded body, valid during the call. After `stop` no further event comes,
    /// `on_finished` included; the connection is given up. After `pause` the transport should hold
    /// the server up; one that cannot goes on delivering.
    virtual Flow on_body(std::string_view bytes) = 0;
    /// The transfer is over; its slot is free. The last event. No failure means only that the
    /// connection ended well: whether the answer is complete, its reader decides (SPEC T4).
    virtual void on_finished(std::optional<TransferFailure> failure) = 0;
};

/// Runs transfers on the thread that calls `run_once`. Used by one thread at a time.
class TransferLoop {
public:
    /// Names a transfer of one loop.
    using TransferId = std::size_t;

    virtual ~TransferLoop() = default;

    /// Begins a transfer. `request` and `events` must live until it is over. Events come from
    /// `run_once` only. A request that cannot be begun ends with `on_finished`.
    virtual TransferId start(const HttpRequest& request, TransferEvents& events) = 0;
    /// Gives a transfer up; no event of it comes any more. A transfer that is over is ignored. From
    /// inside an event, the request must live until `run_once` returns.
    virtual void abort(TransferId transfer) noexcept = 0;
    /// Lets a paused transfer go on with the next `run_once`. Others are ignored.
    virtual void resume(TransferId /*transfer*/) {}
    /// Waits until something happens, `wake()` is called or `until` has come, and delivers events.
    virtual void run_once(TimePoint until) = 0;
    /// Makes `run_once` return soon; remembered if it is not running. From any thread.
    virtual void wake() noexcept = 0;
};

/// Where a client's requests go: the seam for tests and for HTTP stacks of one's own. Thread-safe.
class CLOUD_BACKEND_EXPORT HttpTransport {
public:
    virtual ~HttpTransport();

    /// A loop for the calling thread; destroying it hands its connections back for later calls.
    /// It keeps what it needs of the transport alive.
    [[nodiscard]] virtual std::unique_ptr<TransferLoop> open_loop() = 0;
    /// A loop for the asynchronous calls of a client, which may be thousands; by default one like
    /// the others.
    [[nodiscard]] virtual std::unique_ptr<TransferLoop> open_loop_for_many() { return open_loop(); }
    /// The time its loops wait by, for `run_once(until)`.
    [[nodiscard]] virtual TimePoint now() const noexcept { return Clock::now(); }
};

}  // namespace cloud_backend
