#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/metadata.hpp>

#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// A router notes who answered and what for, around what a router within it has noted (SPEC F6).
inline void note_answer(CallMetadata& metadata, std::string_view backend, std::string_view model) {
    if (metadata.backend.empty()) {
        metadata.backend = backend;
        metadata.model = model;
        return;
    }
    metadata.backend = std::string(backend).append("/").append(metadata.backend);
}

/// The times of a backend that was asked so long after the call began, as those of the call.
inline void note_times(CallMetadata& metadata, Duration asked_after, Duration total_time) {
    // A function has no bytes.
    if (metadata.time_to_first_byte > Duration::zero()) metadata.time_to_first_byte += asked_after;
    if (metadata.time_to_first_chunk) *metadata.time_to_first_chunk += asked_after;
    metadata.total_time = total_time;
}

}  // namespace cloud_backend::detail
