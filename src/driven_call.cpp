#include "driven_call.hpp"

#include <utility>

namespace cloud_backend::detail {

DrivenCall::DrivenCall(std::shared_ptr<const void> owner, CallPlan plan, ResponseReader& reader,
                       HttpTransport& transport)
    : owner_(std::move(owner)),
      transport_(transport),
      call_(std::move(plan), reader),
      loop_(transport.open_loop()),
      left_at_(transport.now()) {
    driver_.emplace(call_, *loop_);
}

bool DrivenCall::run_once() {
    call_.skip(transport_.now() - left_at_);
    if (std::exchange(paused_, false)) driver_->resume();
    const bool goes_on = driver_->run_once();
    left_at_ = transport_.now();
    if (!goes_on) {
        driver_.reset();
        loop_.reset();
    }
    return goes_on;
}

void DrivenCall::pause() noexcept {
    paused_ = true;
    call_.pause();
}

}  // namespace cloud_backend::detail
