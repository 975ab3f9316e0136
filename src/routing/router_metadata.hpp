#pragma once

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
    metadata.backend.insert(0, "/").insert(0, backend);
}

}  // namespace cloud_backend::detail
