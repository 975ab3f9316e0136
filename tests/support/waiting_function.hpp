#pragma once

#include "scripted_backend.hpp"

#include <cloud_backend/callable_backend.hpp>

#include <gtest/gtest.h>

#include <future>
#include <stop_token>

namespace cloud_backend::test {

/// For a `CallableBackend`: says that it was called, once, and waits until it is cancelled.
inline CallableBackend::Stream waiting_for_a_cancel(std::promise<void>& is_called) {
    return [&is_called](const ChatRequest&, const ChunkCallback& on_chunk,
                        const CallOptions& options) {
        std::promise<void> cancelled;
        const std::stop_callback on_stop(options.stop, [&] { cancelled.set_value(); });
        is_called.set_value();
        cancelled.get_future().wait();
        EXPECT_FALSE(on_chunk(role_chunk()));
    };
}

}  // namespace cloud_backend::test
