#pragma once

#include <cloud_backend/chat_completion.hpp>
#include <cloud_backend/export.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace cloud_backend {

/// Receives the chunks of a stream. Made from anything callable with `const ChatChunk&` that
/// returns exactly void or bool; false stops the stream, which is no error. Its exceptions pass
/// unchanged to whoever made the call (SPEC T7). Throws `ConfigError` when it is made from an empty
/// `std::function` or a null pointer.
class CLOUD_BACKEND_EXPORT ChunkCallback {
public:
    /// From a function object, which is copied or moved in; see above for what fits.
    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, ChunkCallback> &&
             std::invocable<F&, const ChatChunk&> &&
             (std::is_void_v<std::invoke_result_t<F&, const ChatChunk&>> ||
              std::same_as<std::invoke_result_t<F&, const ChatChunk&>, bool>))
        ChunkCallback(F&& callback) {  // NOLINT(google-explicit-constructor)
        using Result = std::invoke_result_t<F&, const ChatChunk&>;
        std::function<Result(const ChatChunk&)> deliver(std::forward<F>(callback));
        if (!deliver) throw_empty();
        if constexpr (std::is_void_v<Result>) {
            deliver_ = [deliver = std::move(deliver)](const ChatChunk& chunk) {
                deliver(chunk);
                return true;
            };
        } else {
            deliver_ = std::move(deliver);
        }
    }

    /// False: no more, please.
    [[nodiscard]] bool operator()(const ChatChunk& chunk) const { return deliver_(chunk); }

private:
    [[noreturn]] static void throw_empty();

    std::function<bool(const ChatChunk&)> deliver_;
};

}  // namespace cloud_backend
