#include "call_driver.hpp"

#include <variant>

namespace cloud_backend::detail {

CallDriver::CallDriver(Call& call, TransferLoop& loop)
    : call_(call), loop_(loop), wake_on_stop_(call.stop(), Wake{loop}) {}

bool CallDriver::run_once() {
    while (true) {
        const CallStep step = call_.next();
        if (std::holds_alternative<CallDone>(step)) return false;
        if (std::holds_alternative<StartAttempt>(step)) {
            transfer_ = loop_.start(call_.request(), call_.events());
        } else if (std::holds_alternative<AbortAttempt>(step)) {
            loop_.abort(transfer_);
        } else {
            loop_.run_once(std::get<WaitUntil>(step).time);
            return true;
        }
    }
}

}  // namespace cloud_backend::detail
