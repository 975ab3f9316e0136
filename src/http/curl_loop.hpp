#pragma once

#include "http/curl_handle.hpp"
#include "http/curl_transfer.hpp"
#include "http/curl_transport.hpp"
#include "http/log.hpp"
#include "http/open_sockets.hpp"

#include <cloud_backend/transport.hpp>

#include <unordered_map>
#include <vector>

namespace cloud_backend::detail {

/// Transfers on a `curl_multi`, which keeps their connections (SPEC T1).
///
/// Events may call `start` and `abort`. A request whose transfer is aborted from inside an event
/// must live until `run_once` returns: libcurl may still be reading it.
class CurlLoop final : public TransferLoop {
public:
    /// Both must outlive the loop.
    CurlLoop(const CurlTransportOptions& options, const Log& log);
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;
    ~CurlLoop() override;

    TransferId start(const HttpRequest& request, TransferEvents& events) override;
    void abort(TransferId transfer) noexcept override;
    void abort_all() noexcept;
    void run_once(TimePoint until) override;
    void wake() noexcept override;

private:
    void begin_transfers();
    [[nodiscard]] CURLMcode wait(TimePoint until);
    [[nodiscard]] CURLMcode perform();
    void remove_given_up() noexcept;
    void deliver_results();
    void end(CurlTransfer& transfer, CURLcode code);
    void finish(CurlTransfer& transfer, CURLcode code);
    void fail_all();

    const CurlTransportOptions& options_;
    const Log& log_;
    OpenSockets sockets_{};
    MultiHandle multi_;
    EasyHandle idle_easy_{};  ///< Kept for its TLS sessions.
    std::unordered_map<TransferId, CurlTransfer> transfers_{};
    TransferId last_id_ = 0;
    std::vector<TransferId> starting_{};
    std::vector<TransferId> given_up_{};  ///< From inside libcurl's callbacks.
    bool performing_ = false;             ///< libcurl is on the stack: handles stay as they are.
};

}  // namespace cloud_backend::detail
