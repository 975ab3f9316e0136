#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <random>
#include <vector>

// What backends, a router over them and its caller do in one random case: values, so that a case
// that fails can be made smaller and printed.
namespace cloud_backend::test {

/// What one chunk of an answer adds.
enum class Piece { role, content, reasoning, tool_call, finish, usage };

/// How an answer ends.
enum class AnswerEnd {
    complete,
    refused,          ///< No connection.
    status,           ///< An error status in its place.
    stalled,          ///< Nothing more comes.
    error_in_answer,  ///< An error object in a 200.
    cut,
    thrown,  ///< By local inference; for a service, as `cut`.
};

/// What happens when a backend is asked once.
struct AnswerScript {
    std::vector<Piece> pieces{};
    AnswerEnd end{};
    int status = 503;  ///< That the error has.
    std::optional<std::chrono::seconds> retry_after{};
    std::chrono::milliseconds pause{};  ///< Before each piece and before the end.
};

enum class BackendKind { service, streaming_function, completing_function, router };

struct BackendScript {
    BackendKind kind{};
    std::vector<AnswerScript> answers{};  ///< One for each time; the last one stays.
    bool unavailable = false;
    std::vector<BackendScript> backends{};  ///< Of a router.
};

enum class CallbackEnd { none, stops, throws, cancels };

struct CallScript {
    bool streamed = true;
    CallbackEnd callback_end{};
    std::size_t at_chunk = 0;  ///< Is the callback's end.
    std::optional<std::size_t> cancel_at_step{};
    std::optional<std::chrono::milliseconds> cancel_after{};
    std::optional<std::chrono::milliseconds> deadline{};
};

struct FallbackScript {
    std::vector<BackendScript> backends{};
    int max_retries = 0;
    int fail_max = 5;
    std::vector<CallScript> calls{};  ///< One after the other.
};

/// Whether a backend that has given this piece has begun its answer (SPEC F3).
[[nodiscard]] constexpr bool says_something(Piece piece) {
    return piece != Piece::role && piece != Piece::usage;
}
/// Whether this status says that the request itself is wrong (SPEC F2).
[[nodiscard]] constexpr bool is_fault_of_request(int status) {
    return status == 400 || status == 409 || status == 422;
}

[[nodiscard]] FallbackScript random_script(std::mt19937_64& random);
/// Scripts in which less happens, each by one thing.
[[nodiscard]] std::vector<FallbackScript> smaller(const FallbackScript& script);

std::ostream& operator<<(std::ostream& out, const FallbackScript& script);

}  // namespace cloud_backend::test
