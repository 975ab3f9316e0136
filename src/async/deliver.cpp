#include "async/deliver.hpp"

#include <utility>

namespace cloud_backend::detail {

void deliver(const CallHandlers& handlers, ChatResult result) noexcept {
    try {
        if (auto* answer = std::get_if<ChatCompletion>(&result)) {
            if (handlers.on_done) handlers.on_done(std::move(*answer));
        } else if (handlers.on_error) {
            handlers.on_error(std::get<std::exception_ptr>(std::move(result)));
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch): as CallHandlers says.
    }
}

}  // namespace cloud_backend::detail
