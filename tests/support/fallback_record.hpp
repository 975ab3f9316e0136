#pragma once

#include "fallback_script.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

// What is seen of a call through routers. Backends are named "b0", "b1", ...; those of the router
// "b1" are "b1.0", "b1.1", ...; the outermost router has no name.
namespace cloud_backend::test {

/// A backend that is no router was asked: a function called, a request sent.
struct Asked {
    std::string backend{};  ///< Its name.
    BackendKind kind{};
    AnswerScript script{};
    std::vector<ChatChunk> chunks{};  ///< That its answer has when it is whole.
    std::size_t given = 0;            ///< Chunks that were taken from it, at least.
    std::string model{};
    std::size_t step = 0;
    TimePoint time{};
};

/// A router told a decision.
struct Told {
    std::string router{};
    FallbackDecision::Kind kind{};
    std::string backend{};
    std::optional<ErrorCode> error{};
    int status = 0;
    bool has_partial = false;
    bool unavailable = false;  ///< The backend says so at this time.
    std::size_t delivered = 0;
    std::size_t step = 0;
    TimePoint time{};
};

struct Delivered {
    ChatChunk chunk{};
    std::size_t step = 0;
};

/// What the callback throws.
struct CallbackException {
    std::size_t step = 0;
};

/// All that is seen of one call. Steps number what happens, in order.
struct CallRecord {
    CallScript script{};
    std::vector<Asked> asked{};
    std::vector<Told> told{};
    std::vector<Delivered> delivered{};
    std::optional<std::size_t> cancelled_at{};
    std::optional<std::size_t> stopped_at{};  ///< By the callback.
    std::optional<std::size_t> threw_at{};    ///< The callback.
    std::size_t posts = 0;
    TimePoint started{};
    TimePoint ended{};
    std::variant<std::monostate, ChatCompletion, Error, CallbackException> outcome{};
};

/// All of it that does not differ between calls that go alike.
std::ostream& operator<<(std::ostream& out, const CallRecord& record);

/// The answer that the call ended with, or null.
inline const ChatCompletion* answer_of(const CallRecord& record) {
    return std::get_if<ChatCompletion>(&record.outcome);
}

/// The error that the call ended with, or null.
inline const Error* error_of(const CallRecord& record) {
    return std::get_if<Error>(&record.outcome);
}

/// The name of the router that a backend is in.
inline std::string router_of(const std::string& backend) {
    const auto dot = backend.rfind('.');
    return dot == std::string::npos ? "" : backend.substr(0, dot);
}

/// The name of the backend at this place of a router.
inline std::string name_in(const std::string& router, std::size_t index) {
    return (router.empty() ? "b" : router + ".") + std::to_string(index);
}

/// As reported; empty when an exception of the callback has taken their place.
inline std::vector<AttemptInfo> attempts_of(const CallRecord& record) {
    if (const ChatCompletion* answer = answer_of(record)) return answer->metadata.attempts;
    const Error* error = error_of(record);
    return error != nullptr ? error->attempts() : std::vector<AttemptInfo>{};
}

}  // namespace cloud_backend::test
