#pragma once

#include "call.hpp"

#include <cloud_backend/transport.hpp>

#include <stop_token>

namespace cloud_backend::detail {

/// Drives one call on the calling thread (SPEC T1).
class CallDriver {
public:
    /// Both must outlive the driver.
    CallDriver(Call& call, TransferLoop& loop);

    /// Lets what is due happen, and waits for more once. False: the call is done.
    [[nodiscard]] bool run_once();
    /// Of a call that was paused.
    void resume() { loop_.resume(transfer_); }

private:
    struct Wake {
        TransferLoop& loop;
        void operator()() const noexcept { loop.wake(); }
    };

    Call& call_;
    TransferLoop& loop_;
    TransferLoop::TransferId transfer_{};
    std::stop_callback<Wake> wake_on_stop_;
};

}  // namespace cloud_backend::detail
