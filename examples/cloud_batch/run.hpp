#pragma once

#include "arguments.hpp"
#include "calls.hpp"
#include "exit_status.hpp"
#include "pace.hpp"
#include "progress.hpp"
#include "request_source.hpp"
#include "result_file.hpp"
#include "service.hpp"
#include "signals.hpp"

#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace cloud_batch {

/// The files a run writes, locked, and what earlier runs have settled.
struct Journal {
    explicit Journal(const Arguments& arguments);

    ResultFile output;
    ResultFile errors;
    std::unordered_set<std::string> settled{};  ///< By custom_id.
    std::size_t failed = 0;                     ///< How many of them have failed.
};

/// Asks all requests of an input that are not settled: one thread, which waits for answers, for the
/// time of the next request, for input and for signals.
class Run {
public:
    /// `total`: how many requests there are, if that is known.
    Run(const Arguments& arguments, std::optional<std::uint64_t> total, Journal& journal,
        Service& service, const Signals& signals);

    /// Throws std::system_error when input or files fail.
    ExitStatus run();
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

private:
    /// Starts what may be started now; when there may be more.
    cloud_backend::TimePoint start_calls(cloud_backend::TimePoint now);
    [[nodiscard]] bool has_request(cloud_backend::TimePoint now);
    void settle(Ended ended);
    void settle_error(BatchRequest request, const cloud_backend::Error& error);
    void stop(ExitStatus status, std::string_view reason);
    void wait_until(cloud_backend::TimePoint time);

    const Arguments& arguments_;
    Journal& journal_;
    const Signals& signals_;
    Service& service_;
    RequestSource source_;
    Calls calls_;
    Pace pace_;
    Progress progress_;
    Counts counts_{};

    std::optional<BatchRequest> next_{};
    std::multimap<cloud_backend::TimePoint, BatchRequest> requeued_{};  ///< By when they may go.
    bool wants_input_ = false;
    std::optional<ExitStatus> stopped_{};  ///< Nothing is started any more.
    cloud_backend::TimePoint given_up_at_ = cloud_backend::TimePoint::max();
};

}  // namespace cloud_batch
