#pragma once

#include "http/curl_handle.hpp"
#include "http/curl_multi.hpp"
#include "http/curl_transfer.hpp"
#include "http/curl_transport.hpp"
#include "http/log.hpp"
#include "http/open_sockets.hpp"

#include <cloud_backend/transport.hpp>

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

namespace cloud_backend::detail {

/// Transfers on a `curl_multi`, which keeps their connections (SPEC T1).
///
/// Events may call `start` and `abort`. A request whose transfer is aborted from inside an event
/// must live until `run_once` returns: libcurl may still be reading it.
class CurlLoop final : public TransferLoop {
public:
    /// `options` and `log` must outlive the loop.
    CurlLoop(std::unique_ptr<CurlMulti> multi, ConnectionUsers users,
             const CurlTransportOptions& options, const Log& log);
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;
    ~CurlLoop() override;

    [[nodiscard]] ConnectionUsers users() const noexcept { return users_; }

    TransferId start(const HttpRequest& request, TransferEvents& events) override;
    void abort(TransferId transfer) noexcept override;
    void abort_all() noexcept;
    void resume(TransferId transfer) override;
    void run_once(TimePoint until) override;
    void wake() noexcept override;

private:
    static constexpr std::size_t max_idle_handles = 32;

    void keep_connections();
    [[nodiscard]] PreparedHandle take_handle();
    void begin_transfers();
    void resume_transfers();
    void remove_given_up() noexcept;
    void deliver_results();
    void end(CurlTransfer& transfer, CURLcode code);
    void finish(CurlTransfer& transfer, CURLcode code);
    void fail_all();

    const ConnectionUsers users_;
    const CurlTransportOptions& options_;
    const Log& log_;
    OpenSockets sockets_{};
    std::unique_ptr<CurlMulti> multi_;
    std::size_t kept_connections_ = 0;
    std::vector<PreparedHandle> idle_handles_{};  ///< Kept for their TLS sessions as well.
    std::unordered_map<TransferId, CurlTransfer> transfers_{};
    TransferId last_id_ = 0;
    std::vector<TransferId> starting_{};
    std::vector<TransferId> resuming_{};
    std::vector<TransferId> given_up_{};  ///< From inside libcurl's callbacks.
    bool performing_ = false;             ///< libcurl is on the stack: handles stay as they are.
};

}  // namespace cloud_backend::detail
