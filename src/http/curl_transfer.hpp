#pragma once

#include "http/curl_handle.hpp"
#include "http/curl_trace.hpp"
#include "http/curl_transport.hpp"
#include "http/log.hpp"
#include "http/open_sockets.hpp"
#include "http/response_head_reader.hpp"

#include <cloud_backend/transport.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

namespace cloud_backend::detail {

/// Whether transfers of a loop may have to wait for each other's connections.
enum class ConnectionUsers { one, many };

/// An easy handle with what all transfers of a loop have in common.
struct PreparedHandle {
    EasyHandle easy;
    CURLcode result = CURLE_OK;  ///< Whether libcurl accepted it.
};

/// One request on an easy handle: turns libcurl's callbacks into the events of a transfer.
class CurlTransfer {
public:
    [[nodiscard]] static PreparedHandle prepare_handle(ConnectionUsers users,
                                                       const CurlTransportOptions& options,
                                                       OpenSockets& sockets);

    /// All but `handle` must outlive the transfer.
    CurlTransfer(TransferLoop::TransferId id, PreparedHandle handle, const HttpRequest& request,
                 TransferEvents& events, const CurlTransportOptions& options, OpenSockets& sockets,
                 const Log& log);
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    /// The transfer that `easy` was given to.
    [[nodiscard]] static CurlTransfer& of(CURL* easy);
    [[nodiscard]] TransferLoop::TransferId id() const noexcept { return id_; }
    [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
    /// Whether libcurl accepted the request's options.
    [[nodiscard]] CURLcode setup_result() const noexcept { return setup_result_; }

    /// From here on it may wait for a connection.
    void queue();

    /// No event comes any more; libcurl's next callback ends the transfer.
    void give_up() noexcept { events_ = nullptr; }
    [[nodiscard]] bool given_up() const noexcept { return events_ == nullptr; }

    /// After `Flow::pause`, outside libcurl's callbacks. What it fails with ends the transfer.
    [[nodiscard]] CURLcode resume() noexcept;

    /// Nothing was sent because the connection to reuse was found dead: the transfer can begin
    /// again.
    [[nodiscard]] bool wants_another_connection() const noexcept { return found_dead_connection_; }
    void begin_again() noexcept { found_dead_connection_ = false; }

    /// Off the multi handle: what is left of it for another transfer.
    [[nodiscard]] PreparedHandle take_handle() noexcept;
    /// Delivers the last events, or rethrows what an event threw.
    void finish(CURLcode code);

private:
    // The trampolines given to libcurl (T7).
    static int on_resolving(void* resolver, void* reserved, void* self) noexcept;
    static int on_socket(void* self, curl_socket_t socket, curlsocktype purpose) noexcept;
    static int on_ready_to_send(void* self, char* remote_ip, char* local_ip, int remote_port,
                                int local_port) noexcept;
    static std::size_t on_header_line(char* data, std::size_t size, std::size_t count,
                                      void* self) noexcept;
    static std::size_t on_body_bytes(char* data, std::size_t size, std::size_t count,
                                     void* self) noexcept;

    [[nodiscard]] CURLcode set_options(const HttpRequest& request,
                                       const CurlTransportOptions& options);
    template <class Deliver>
    [[nodiscard]] bool deliver_safely(Deliver&& deliver) noexcept;
    [[nodiscard]] bool connecting();
    [[nodiscard]] bool ready_to_send(int local_port);
    [[nodiscard]] bool is_dead(int local_port);
    [[nodiscard]] bool take_header_line(std::string_view line);
    [[nodiscard]] bool take_body(std::string_view bytes);
    [[nodiscard]] bool holds_back() noexcept;
    [[nodiscard]] bool obey(Flow flow) noexcept;
    [[nodiscard]] ConnectionUse connection_use() const;
    [[nodiscard]] std::optional<TransferFailure> failure_after(CURLcode code) const;

    const TransferLoop::TransferId id_;
    TransferEvents* events_;
    const std::size_t max_header_bytes_;
    OpenSockets& sockets_;
    std::optional<CurlTrace> trace_{};
    HeaderList request_headers_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    EasyHandle easy_;
    CURLcode setup_result_;

    bool paused_ = false;
    bool held_ = false;  ///< libcurl holds the piece that came after that.
    bool found_dead_connection_ = false;
    std::size_t dead_connections_ = 0;
    bool sent_ = false;
    std::size_t header_bytes_ = 0;
    ResponseHeadReader head_reader_{};
    std::optional<TransferFailure> own_failure_{};  ///< Why a callback ended the transfer.
    std::exception_ptr exception_{};
};

}  // namespace cloud_backend::detail
