#include "http/curl_transport.hpp"

#include "http/curl_global.hpp"
#include "http/curl_loop.hpp"

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace cloud_backend::detail {

namespace {

constexpr std::size_t max_idle_loops = 64;

class CurlTransport final : public HttpTransport,
                            public std::enable_shared_from_this<CurlTransport> {
public:
    CurlTransport(CurlTransportOptions options, Log log)
        : options_(std::move(options)), log_(std::move(log)) {
        idle_loops_.reserve(max_idle_loops);
    }

    std::unique_ptr<TransferLoop> open_loop() override;
    void take_back(std::unique_ptr<CurlLoop> loop) noexcept;

private:
    [[nodiscard]] std::unique_ptr<CurlLoop> take_idle_loop();

    const CurlTransportOptions options_;
    const Log log_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<CurlLoop>> idle_loops_;  ///< The last one used last.
};

/// A loop on loan.
class PooledLoop final : public TransferLoop {
public:
    PooledLoop(std::shared_ptr<CurlTransport> transport, std::unique_ptr<CurlLoop> loop)
        : transport_(std::move(transport)), loop_(std::move(loop)) {}
    PooledLoop(const PooledLoop&) = delete;
    PooledLoop& operator=(const PooledLoop&) = delete;
    ~PooledLoop() override {
        loop_->abort_all();
        transport_->take_back(std::move(loop_));
    }

    TransferId start(const HttpRequest& request, TransferEvents& events) override {
        return loop_->start(request, events);
    }
    void abort(TransferId transfer) noexcept override { loop_->abort(transfer); }
    void run_once(TimePoint until) override { loop_->run_once(until); }
    void wake() noexcept override { loop_->wake(); }

private:
    std::shared_ptr<CurlTransport> transport_;
    std::unique_ptr<CurlLoop> loop_;
};

std::unique_ptr<TransferLoop> CurlTransport::open_loop() {
    auto loop = take_idle_loop();
    if (loop == nullptr) loop = std::make_unique<CurlLoop>(options_, log_);
    return std::make_unique<PooledLoop>(shared_from_this(), std::move(loop));
}

/// The one used last: its connections are the likeliest to be open still.
std::unique_ptr<CurlLoop> CurlTransport::take_idle_loop() {
    const std::lock_guard lock(mutex_);
    if (idle_loops_.empty()) return nullptr;
    auto loop = std::move(idle_loops_.back());
    idle_loops_.pop_back();
    return loop;
}

void CurlTransport::take_back(std::unique_ptr<CurlLoop> loop) noexcept {
    const std::lock_guard lock(mutex_);
    if (idle_loops_.size() < max_idle_loops) idle_loops_.push_back(std::move(loop));
}

}  // namespace

std::shared_ptr<HttpTransport> make_curl_transport(CurlTransportOptions options, Log log) {
    require_curl();
    return std::make_shared<CurlTransport>(std::move(options), std::move(log));
}

}  // namespace cloud_backend::detail
