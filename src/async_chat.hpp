#pragma once

#include "async/deliver.hpp"
#include "chat/chat_reader.hpp"
#include "chat/request_json.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/client.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

namespace cloud_backend::detail {

/// What an asynchronous chat needs until it is done.
struct AsyncChat {
    CallHandlers handlers{};
    std::unique_ptr<ChatReader> reader{};

    [[nodiscard]] const ChunkCallback* on_chunk() const noexcept {
        return handlers.on_chunk ? &*handlers.on_chunk : nullptr;
    }

    [[nodiscard]] ChatResult chat_result(CallResult result) const noexcept {
        if (auto* thrown = std::get_if<std::exception_ptr>(&result)) return std::move(*thrown);
        try {
            return completion_of(*reader, std::get<CallMetadata>(std::move(result)));
        } catch (...) {
            return std::current_exception();
        }
    }

    void finish(CallResult result) const noexcept {
        deliver(handlers, chat_result(std::move(result)));
    }
};

/// The part of `chat` that the client's call feeds.
[[nodiscard]] inline std::shared_ptr<ResponseReader> reader_of(
    const std::shared_ptr<AsyncChat>& chat) {
    return {chat, chat->reader.get()};
}

[[nodiscard]] inline std::function<void(CallResult)> finisher_of(
    const std::shared_ptr<AsyncChat>& chat) {
    return [chat](CallResult result) { chat->finish(std::move(result)); };
}

[[nodiscard]] inline Delivery delivery_to(const CallHandlers& handlers) noexcept {
    return handlers.on_chunk ? Delivery::streamed : Delivery::whole;
}

}  // namespace cloud_backend::detail
