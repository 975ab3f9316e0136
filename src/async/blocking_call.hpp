#pragma once

#include "async/deliver.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/options.hpp>

#include <functional>

namespace cloud_backend::detail {

/// A call that blocks until it is answered; `on_chunk` is null when the whole answer is asked for.
using BlockingCall =
    std::function<ChatCompletion(const ChunkCallback* on_chunk, const CallOptions& options)>;

/// Makes the call; what it throws is its result.
[[nodiscard]] ChatResult result_of(const BlockingCall& call, const ChunkCallback* on_chunk,
                                   const CallOptions& options) noexcept;

/// Makes the call on a thread of its own, and tells `handlers` there. `source` cancels it.
void call_on_thread(const CallSource& source, BlockingCall call, CallHandlers handlers,
                    CallOptions options);

}  // namespace cloud_backend::detail
