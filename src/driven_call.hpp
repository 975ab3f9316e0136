#pragma once

#include "call.hpp"
#include "call_driver.hpp"

#include <cloud_backend/clock.hpp>
#include <cloud_backend/metadata.hpp>
#include <cloud_backend/response_reader.hpp>
#include <cloud_backend/transport.hpp>

#include <memory>
#include <optional>

namespace cloud_backend::detail {

/// A call that the user drives, and leaves alone meanwhile, with all that it needs but its reader.
class DrivenCall {
public:
    /// `owner` is that of what `plan` refers to. `reader` must outlive the call.
    DrivenCall(std::shared_ptr<const void> owner, CallPlan plan, ResponseReader& reader,
               HttpTransport& transport);

    /// See `CallDriver`; not to be asked again then: the connection is the next call's. No limit
    /// ran since it returned last (SPEC T5).
    [[nodiscard]] bool run_once();
    /// From inside the reader: nothing more is to be read before the next `run_once`.
    void pause() noexcept;
    /// See `Call::result`.
    [[nodiscard]] CallMetadata result() { return call_.result(); }

private:
    std::shared_ptr<const void> owner_;
    const HttpTransport& transport_;
    Call call_;
    std::unique_ptr<TransferLoop> loop_;
    std::optional<CallDriver> driver_{};  ///< Until it is done.
    TimePoint left_at_;
    bool paused_ = false;
};

}  // namespace cloud_backend::detail
