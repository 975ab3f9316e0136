#include "http/curl_handle.hpp"
#include "http/curl_multi.hpp"
#include "http/wait_time.hpp"

namespace cloud_backend::detail {

namespace {

class PolledMulti final : public CurlMulti {
public:
    CURLM* handle() const noexcept override { return multi_.get(); }

    CURLMcode run(TimePoint until) override {
        if (const int wait = milliseconds_until(until); wait > 0) {
            const CURLMcode waited = curl_multi_poll(multi_.get(), nullptr, 0, wait, nullptr);
            if (waited != CURLM_OK) return waited;
        }
        int running = 0;
        return curl_multi_perform(multi_.get(), &running);
    }

    void wake() noexcept override { curl_multi_wakeup(multi_.get()); }

private:
    MultiHandle multi_ = make_multi_handle();
};

}  // namespace

std::unique_ptr<CurlMulti> make_polled_multi() {
    return std::make_unique<PolledMulti>();
}

}  // namespace cloud_backend::detail
