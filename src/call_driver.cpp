#include "call_driver.hpp"

#include <stop_token>
#include <variant>

namespace cloud_backend::detail {

void drive(Call& call, TransferLoop& loop) {
    const std::stop_callback wake_on_stop(call.stop(), [&loop] { loop.wake(); });
    TransferLoop::TransferId transfer{};
    while (true) {
        const CallStep step = call.next();
        if (std::holds_alternative<CallDone>(step)) return;
        if (std::holds_alternative<StartAttempt>(step)) {
            transfer = loop.start(call.request(), call.events());
        } else if (std::holds_alternative<AbortAttempt>(step)) {
            loop.abort(transfer);
        } else {
            loop.run_once(std::get<WaitUntil>(step).time);
        }
    }
}

}  // namespace cloud_backend::detail
