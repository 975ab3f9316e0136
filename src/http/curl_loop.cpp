#include "http/curl_loop.hpp"

#include <chrono>
#include <utility>

namespace cloud_backend::detail {

namespace {

/// Rounded up, lest the caller comes too early for its timer and spins.
int milliseconds_until(TimePoint until) {
    using std::chrono::milliseconds;
    constexpr milliseconds longest = std::chrono::hours(1);
    const TimePoint now = Clock::now();
    if (until <= now) return 0;
    if (until - now > longest) return static_cast<int>(longest.count());
    return static_cast<int>(std::chrono::ceil<milliseconds>(until - now).count());
}

}  // namespace

CurlLoop::CurlLoop(const CurlTransportOptions& options, const Log& log)
    : options_(options), log_(log), multi_(make_multi_handle()) {
    constexpr long max_kept_connections = 8;
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, max_kept_connections);
}

CurlLoop::~CurlLoop() {
    abort_all();
}

TransferLoop::TransferId CurlLoop::start(const HttpRequest& request, TransferEvents& events) {
    EasyHandle easy = idle_easy_ ? std::move(idle_easy_) : make_easy_handle();
    const TransferId id = ++last_id_;
    starting_.push_back(id);
    transfers_.try_emplace(id, id, std::move(easy), request, events, options_, sockets_, log_);
    return id;
}

void CurlLoop::abort(TransferId transfer) noexcept {
    const auto found = transfers_.find(transfer);
    if (found == transfers_.end()) return;
    if (performing_) {
        found->second.give_up();
        given_up_.push_back(transfer);
        return;
    }
    curl_multi_remove_handle(multi_.get(), found->second.easy());
    transfers_.erase(found);
}

void CurlLoop::abort_all() noexcept {
    while (!transfers_.empty()) abort(transfers_.begin()->first);
}

void CurlLoop::wake() noexcept {
    curl_multi_wakeup(multi_.get());
}

void CurlLoop::run_once(TimePoint until) {
    CURLMcode result = CURLM_OK;
    if (starting_.empty()) {
        result = wait(until);
    } else {
        begin_transfers();
    }
    if (result == CURLM_OK) result = perform();
    deliver_results();
    if (result != CURLM_OK) fail_all();
}

void CurlLoop::begin_transfers() {
    for (const TransferId id : std::exchange(starting_, {})) {
        const auto found = transfers_.find(id);
        if (found == transfers_.end()) continue;
        CurlTransfer& transfer = found->second;
        if (transfer.setup_result() != CURLE_OK) {
            finish(transfer, transfer.setup_result());
        } else if (curl_multi_add_handle(multi_.get(), transfer.easy()) != CURLM_OK) {
            finish(transfer, CURLE_FAILED_INIT);
        }
    }
}

CURLMcode CurlLoop::wait(TimePoint until) {
    return curl_multi_poll(multi_.get(), nullptr, 0, milliseconds_until(until), nullptr);
}

CURLMcode CurlLoop::perform() {
    int running = 0;
    performing_ = true;
    const CURLMcode result = curl_multi_perform(multi_.get(), &running);
    performing_ = false;
    remove_given_up();
    return result;
}

void CurlLoop::remove_given_up() noexcept {
    for (const TransferId id : given_up_) abort(id);
    given_up_.clear();
}

void CurlLoop::deliver_results() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        end(CurlTransfer::of(message->easy_handle), message->data.result);
    }
}

void CurlLoop::end(CurlTransfer& transfer, CURLcode code) {
    if (transfer.given_up() || !transfer.wants_another_connection()) return finish(transfer, code);
    curl_multi_remove_handle(multi_.get(), transfer.easy());
    transfer.begin_again();
    starting_.push_back(transfer.id());
}

/// The slot is free before the event, so that the event may start another transfer.
void CurlLoop::finish(CurlTransfer& transfer, CURLcode code) {
    curl_multi_remove_handle(multi_.get(), transfer.easy());
    const auto slot = transfers_.extract(transfer.id());
    if (!transfer.given_up()) {  // T7
        idle_easy_ = transfer.take_easy();
        curl_easy_reset(idle_easy_.get());
    }
    transfer.finish(code);
}

/// libcurl cannot wait or go on, for want of memory or descriptors.
void CurlLoop::fail_all() {
    std::vector<TransferId> ids;
    for (const auto& [id, transfer] : transfers_) ids.push_back(id);
    for (const TransferId id : ids) {
        const auto found = transfers_.find(id);
        if (found != transfers_.end()) finish(found->second, CURLE_FAILED_INIT);
    }
}

}  // namespace cloud_backend::detail
