#include "http/curl_loop.hpp"

#include <algorithm>
#include <utility>

namespace cloud_backend::detail {

CurlLoop::CurlLoop(std::unique_ptr<CurlMulti> multi, ConnectionUsers users,
                   const CurlTransportOptions& options, const Log& log)
    : users_(users), options_(options), log_(log), multi_(std::move(multi)) {}

CurlLoop::~CurlLoop() {
    abort_all();
}

TransferLoop::TransferId CurlLoop::start(const HttpRequest& request, TransferEvents& events) {
    const TransferId id = ++last_id_;
    starting_.push_back(id);
    keep_connections();
    transfers_.try_emplace(id, id, take_handle(), request, events, options_, sockets_, log_);
    return id;
}

/// As many as were in use at once, in steps. libcurl by itself keeps four for each transfer under
/// way, so that the last ones of many would close the connections of the others.
void CurlLoop::keep_connections() {
    constexpr std::size_t smallest = 8;
    if (transfers_.size() < kept_connections_) return;
    kept_connections_ = std::max(smallest, 2 * transfers_.size());
    curl_multi_setopt(multi_->handle(), CURLMOPT_MAXCONNECTS, static_cast<long>(kept_connections_));
}

PreparedHandle CurlLoop::take_handle() {
    if (idle_handles_.empty()) return CurlTransfer::prepare_handle(users_, options_, sockets_);
    PreparedHandle handle = std::move(idle_handles_.back());
    idle_handles_.pop_back();
    return handle;
}

void CurlLoop::abort(TransferId transfer) noexcept {
    const auto found = transfers_.find(transfer);
    if (found == transfers_.end()) return;
    if (performing_) {
        found->second.give_up();
        given_up_.push_back(transfer);
        return;
    }
    curl_multi_remove_handle(multi_->handle(), found->second.easy());
    transfers_.erase(found);
}

void CurlLoop::abort_all() noexcept {
    while (!transfers_.empty()) abort(transfers_.begin()->first);
}

void CurlLoop::resume(TransferId transfer) {
    resuming_.push_back(transfer);
}

void CurlLoop::wake() noexcept {
    multi_->wake();
}

void CurlLoop::run_once(TimePoint until) {
    if (!starting_.empty()) {
        begin_transfers();
        until = TimePoint::min();
    }
    sockets_.forget_failures();
    if (!resuming_.empty()) {
        resume_transfers();
        until = TimePoint::min();
    }
    performing_ = true;
    const CURLMcode result = multi_->run(until);
    performing_ = false;
    remove_given_up();
    deliver_results();
    if (result != CURLM_OK) fail_all();
}

void CurlLoop::begin_transfers() {
    for (const TransferId id : std::exchange(starting_, {})) {
        const auto found = transfers_.find(id);
        if (found == transfers_.end()) continue;
        CurlTransfer& transfer = found->second;
        if (users_ == ConnectionUsers::many && options_.max_connections_per_host > 0) {
            transfer.queue();
        }
        if (transfer.setup_result() != CURLE_OK) {
            finish(transfer, transfer.setup_result());
        } else if (curl_multi_add_handle(multi_->handle(), transfer.easy()) != CURLM_OK) {
            finish(transfer, CURLE_FAILED_INIT);
        }
    }
}

/// libcurl delivers at once what it holds, so events may come here.
void CurlLoop::resume_transfers() {
    for (const TransferId id : std::exchange(resuming_, {})) {
        const auto found = transfers_.find(id);
        if (found == transfers_.end()) continue;
        CurlTransfer& transfer = found->second;
        performing_ = true;
        const CURLcode result = transfer.resume();
        performing_ = false;
        remove_given_up();
        if (result != CURLE_OK && transfers_.contains(id)) finish(transfer, result);
    }
}

void CurlLoop::remove_given_up() noexcept {
    for (const TransferId id : given_up_) abort(id);
    given_up_.clear();
}

void CurlLoop::deliver_results() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_->handle(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        end(CurlTransfer::of(message->easy_handle), message->data.result);
    }
}

void CurlLoop::end(CurlTransfer& transfer, CURLcode code) {
    if (transfer.given_up() || !transfer.wants_another_connection()) return finish(transfer, code);
    curl_multi_remove_handle(multi_->handle(), transfer.easy());
    transfer.begin_again();
    starting_.push_back(transfer.id());
}

/// The slot is free before the event, so that the event may start another transfer.
void CurlLoop::finish(CurlTransfer& transfer, CURLcode code) {
    curl_multi_remove_handle(multi_->handle(), transfer.easy());
    const auto slot = transfers_.extract(transfer.id());
    // T7. libcurl counts how often a handle's connections died, and in the end refuses.
    const bool reusable = code == CURLE_OK && !transfer.given_up();
    if (reusable && idle_handles_.size() < max_idle_handles) {
        PreparedHandle handle = transfer.take_handle();
        if (handle.result == CURLE_OK) idle_handles_.push_back(std::move(handle));
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
