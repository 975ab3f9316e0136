#include "http/curl_transfer.hpp"

#include "http/curl_error.hpp"
#include "http/curl_options.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace cloud_backend::detail {

namespace {

/// Never the number of bytes libcurl passes, so it ends the transfer.
constexpr std::size_t refused = std::numeric_limits<std::size_t>::max();

/// T8
TransferFailure headers_too_large(std::size_t limit) {
    return {.fault = TransferFault::too_large,
            .stage = ConnectionStage::receive,
            .message = "the response headers are larger than " + std::to_string(limit) + " bytes"};
}

/// T2
TransferFailure second_send() {
    return {.fault = TransferFault::interrupted,
            .stage = ConnectionStage::send,
            .curl_code = CURLE_ABORTED_BY_CALLBACK,
            .message = "the request was sent and not answered; it is not sent again unseen"};
}

/// Over HTTP/2, some releases lose what they hold of a paused stream, or do not let it go on.
bool can_pause(CURL* easy) {
    constexpr std::array<unsigned int, 4> unreliable{0x075400, 0x075800, 0x080300, 0x081000};
    long protocol = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &protocol);
    static const unsigned int version = curl_version_info(CURLVERSION_NOW)->version_num;
    return protocol < CURL_HTTP_VERSION_2_0 ||
           std::ranges::find(unreliable, version) == unreliable.end();
}

}  // namespace

PreparedHandle CurlTransfer::prepare_handle(ConnectionUsers users,
                                            const CurlTransportOptions& options,
                                            OpenSockets& sockets) {
    EasyHandle handle = make_easy_handle();
    EasyOptions easy(handle.get());
    sockets.watch(easy);
    if (users == ConnectionUsers::many) {
        easy.set(CURLOPT_RESOLVER_START_FUNCTION, &on_resolving);
        easy.set(CURLOPT_SOCKOPTFUNCTION, &on_socket);
    }
    easy.set(CURLOPT_PREREQFUNCTION, &on_ready_to_send);
    easy.set(CURLOPT_HEADERFUNCTION, &on_header_line);
    easy.set(CURLOPT_WRITEFUNCTION, &on_body_bytes);
    set_common_options(easy, options);
    return {.easy = std::move(handle), .result = easy.result()};
}

CurlTransfer::CurlTransfer(TransferLoop::TransferId id, PreparedHandle handle,
                           const HttpRequest& request, TransferEvents& events,
                           const CurlTransportOptions& options, OpenSockets& sockets,
                           const Log& log)
    : id_(id),
      events_(&events),
      max_header_bytes_(request.max_header_bytes),
      sockets_(sockets),
      request_headers_(make_header_list(request.headers)),
      easy_(std::move(handle.easy)),
      setup_result_(handle.result) {
    if (log.enabled(LogLevel::trace)) trace_.emplace(log, request);
    if (setup_result_ == CURLE_OK) setup_result_ = set_options(request, options);
}

CURLcode CurlTransfer::set_options(const HttpRequest& request,
                                   const CurlTransportOptions& options) {
    EasyOptions easy(easy_.get());
    easy.set(CURLOPT_PRIVATE, this);
    easy.set(CURLOPT_ERRORBUFFER, error_text_.data());
    if (trace_) trace_->attach(easy);
    easy.set(CURLOPT_RESOLVER_START_DATA, this);
    easy.set(CURLOPT_SOCKOPTDATA, this);
    // TLS tells at once whether the server can multiplex. Without it, only an answer would. Where
    // a connection has one user, there is nobody to wait for.
    easy.set(CURLOPT_PIPEWAIT, request.url.starts_with("https:") ? 1L : 0L);
    easy.set(CURLOPT_PREREQDATA, this);
    easy.set(CURLOPT_HEADERDATA, this);
    easy.set(CURLOPT_WRITEDATA, this);
    set_request_options(easy, request, request_headers_.get(), options);
    return easy.result();
}

/// Pointers that are set for every request, and followed only during one, stay as they are.
PreparedHandle CurlTransfer::take_handle() noexcept {
    EasyOptions easy(easy_.get());
    easy.set(CURLOPT_VERBOSE, 0L);
    easy.set(CURLOPT_ERRORBUFFER, nullptr);
    forget_request(easy);
    return {.easy = std::move(easy_), .result = easy.result()};
}

void CurlTransfer::queue() {
    events_->on_queued();
}

CURLcode CurlTransfer::resume() noexcept {
    paused_ = false;
    if (!std::exchange(held_, false)) return CURLE_OK;
    return curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

CurlTransfer& CurlTransfer::of(CURL* easy) {
    void* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return *static_cast<CurlTransfer*>(transfer);
}

// --- libcurl's callbacks ------------------------------------------------------------------------

/// False ends the transfer. Events do not throw, but memory may run out.
template <class Deliver>
bool CurlTransfer::deliver_safely(Deliver&& deliver) noexcept {
    if (given_up()) return false;
    try {
        return deliver();
    } catch (...) {
        exception_ = std::current_exception();
        give_up();
        return false;
    }
}

int CurlTransfer::on_resolving(void* /*resolver*/, void* /*reserved*/, void* self) noexcept {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    return transfer.deliver_safely([&] { return transfer.connecting(); }) ? 0 : 1;
}

int CurlTransfer::on_socket(void* self, curl_socket_t /*socket*/,
                            curlsocktype /*purpose*/) noexcept {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    return transfer.deliver_safely([&] { return transfer.connecting(); }) ? CURL_SOCKOPT_OK
                                                                          : CURL_SOCKOPT_ERROR;
}

int CurlTransfer::on_ready_to_send(void* self, char* /*remote_ip*/, char* /*local_ip*/,
                                   int /*remote_port*/, int local_port) noexcept {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    return transfer.deliver_safely([&] { return transfer.ready_to_send(local_port); })
               ? CURL_PREREQFUNC_OK
               : CURL_PREREQFUNC_ABORT;
}

std::size_t CurlTransfer::on_header_line(char* data, std::size_t size, std::size_t count,
                                         void* self) noexcept {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    const std::string_view line(data, size * count);
    return transfer.deliver_safely([&] { return transfer.take_header_line(line); }) ? line.size()
                                                                                    : refused;
}

std::size_t CurlTransfer::on_body_bytes(char* data, std::size_t size, std::size_t count,
                                        void* self) noexcept {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    if (transfer.holds_back()) return CURL_WRITEFUNC_PAUSE;
    const std::string_view bytes(data, size * count);
    return transfer.deliver_safely([&] { return transfer.take_body(bytes); }) ? bytes.size()
                                                                              : refused;
}

bool CurlTransfer::connecting() {
    events_->on_connecting();
    return !given_up();
}

bool CurlTransfer::ready_to_send(int local_port) {
    if (sent_) {
        own_failure_ = second_send();
        return false;
    }
    const ConnectionUse connection = connection_use();
    if (connection == ConnectionUse::reused && is_dead(local_port)) return false;
    sent_ = true;
    events_->on_sent(connection);
    return !given_up();
}

bool CurlTransfer::take_header_line(std::string_view line) {
    events_->on_header_bytes();
    if (given_up()) return false;
    header_bytes_ += line.size();
    if (header_bytes_ > max_header_bytes_) {
        own_failure_ = headers_too_large(max_header_bytes_);
        return false;
    }
    auto head = head_reader_.read(line);
    return !head || obey(events_->on_head(std::move(*head)));
}

bool CurlTransfer::take_body(std::string_view bytes) {
    return obey(events_->on_body(bytes));
}

/// Once: some releases have a last piece taken at the end of the answer in any case.
bool CurlTransfer::holds_back() noexcept {
    return paused_ && !given_up() && !std::exchange(held_, true);
}

bool CurlTransfer::obey(Flow flow) noexcept {
    if (flow == Flow::stop) give_up();
    if (flow == Flow::pause) paused_ = can_pause(easy());
    return !given_up();
}

/// As often as there can be kept connections; then libcurl may try its luck.
bool CurlTransfer::is_dead(int local_port) {
    constexpr std::size_t enough = 8;
    if (dead_connections_ == enough || !sockets_.is_dead(local_port)) return false;
    ++dead_connections_;
    found_dead_connection_ = true;
    return true;
}

/// Asked before sending: a connection that libcurl makes after this one died does not count.
ConnectionUse CurlTransfer::connection_use() const {
    long connections_made = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &connections_made);
    return connections_made == 0 ? ConnectionUse::reused : ConnectionUse::fresh;
}

// --- the end ------------------------------------------------------------------------------------

void CurlTransfer::finish(CURLcode code) {
    if (exception_) std::rethrow_exception(exception_);
    if (given_up()) return;
    if (code == CURLE_OK) {  // T4: also after a status line and nothing else.
        auto head = head_reader_.cut_off();
        if (head && !obey(events_->on_head(std::move(*head)))) return;
    }
    events_->on_finished(failure_after(code));
}

std::optional<TransferFailure> CurlTransfer::failure_after(CURLcode code) const {
    if (code == CURLE_OK) return std::nullopt;
    if (own_failure_) return own_failure_;
    if (code == CURLE_COULDNT_CONNECT && !sent_ && sockets_.could_not_open()) {
        return TransferFailure{.fault = TransferFault::local,
                               .stage = ConnectionStage::connect,
                               .curl_code = code,
                               .message =
                                   "no socket could be opened: too many are open, or no "
                                   "memory is left"};
    }
    // T8: what libcurl says of a line that its own buffer cannot hold.
    const bool buffer_exceeded = code == CURLE_OUT_OF_MEMORY || code == too_large_code;
    if (buffer_exceeded && sent_ && !head_reader_.done()) {
        return headers_too_large(max_header_bytes_);
    }
    return describe_failure(code, sent_, error_text_.data());
}

}  // namespace cloud_backend::detail
