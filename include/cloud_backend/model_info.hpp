#pragma once

#include <cloud_backend/raw_json.hpp>

#include <cstdint>
#include <string>

namespace cloud_backend {

/// A model that a server offers. Missing and null fields are empty.
struct ModelInfo {
    std::string id{};          ///< What a request names, as the server wrote it.
    std::int64_t created = 0;  ///< Seconds since 1970.
    std::string owned_by{};
    RawJson extra{};  ///< Fields the library does not know: an object, or empty.
};

}  // namespace cloud_backend
