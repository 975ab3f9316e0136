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
    std::unique_ptr<TransferLoop> open_loop_for_many() override;
    void take_back(std::unique_ptr<CurlLoop> loop) noexcept;

private:
    [[nodiscard]] std::unique_ptr<CurlLoop> take_idle_loop();

    const CurlTransportOptions options_;
    const Log log_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<CurlLoop>> idle_loops_;  ///< The last one used last.
};

/// A loop on loan.
class LentLoop final : public TransferLoop {
public:
    LentLoop(std::shared_ptr<CurlTransport> transport, std::unique_ptr<CurlLoop> loop)
        : transport_(std::move(transport)), loop_(std::move(loop)) {}
    LentLoop(const LentLoop&) = delete;
    LentLoop& operator=(const LentLoop&) = delete;
    ~LentLoop() override {
        loop_->abort_all();
        transport_->take_back(std::move(loop_));
    }

    TransferId start(const HttpRequest& request, TransferEvents& events) override {
        return loop_->start(request, events);
    }
    void abort(TransferId transfer) noexcept override { loop_->abort(transfer); }
    void resume(TransferId transfer) override { loop_->resume(transfer); }
    void run_once(TimePoint until) override { loop_->run_once(until); }
    void wake() noexcept override { loop_->wake(); }

private:
    std::shared_ptr<CurlTransport> transport_;
    std::unique_ptr<CurlLoop> loop_;
};

std::unique_ptr<TransferLoop> CurlTransport::open_loop() {
    auto loop = take_idle_loop();
    if (loop == nullptr) {
        loop =
            std::make_unique<CurlLoop>(make_polled_multi(), ConnectionUsers::one, options_, log_);
    }
    return std::make_unique<LentLoop>(shared_from_this(), std::move(loop));
}

std::unique_ptr<TransferLoop> CurlTransport::open_loop_for_many() {
    auto multi = make_multi_for_many();
    curl_multi_setopt(multi->handle(), CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.max_connections_per_host));
    auto loop = std::make_unique<CurlLoop>(std::move(multi), ConnectionUsers::many, options_, log_);
    return std::make_unique<LentLoop>(shared_from_this(), std::move(loop));
}

/// The one used last: its connections are the likeliest to be open still.
std::unique_ptr<CurlLoop> CurlTransport::take_idle_loop() {
    const std::lock_guard lock(mutex_);
    if (idle_loops_.empty()) return nullptr;
    auto loop = std::move(idle_loops_.back());
    idle_loops_.pop_back();
    return loop;
}

/// One for many is the engine's own, and ends with it.
void CurlTransport::take_back(std::unique_ptr<CurlLoop> loop) noexcept {
    if (loop->users() == ConnectionUsers::many) return;
    const std::lock_guard lock(mutex_);
    if (idle_loops_.size() < max_idle_loops) idle_loops_.push_back(std::move(loop));
}

}  // namespace

std::shared_ptr<HttpTransport> make_curl_transport(CurlTransportOptions options, Log log) {
    require_curl();
    return std::make_shared<CurlTransport>(std::move(options), std::move(log));
}

}  // namespace cloud_backend::detail
