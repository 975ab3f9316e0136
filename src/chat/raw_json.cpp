#include "chat/json_splice.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/raw_json.hpp>

#include <string>
#include <utility>

namespace cloud_backend {

RawJson RawJson::parse_text(std::string text) {
    if (!detail::is_json(text)) throw ConfigError("the text is not JSON in UTF-8");
    return trusted(std::move(text));
}

void RawJson::throw_not_dumpable(const char* reason) {
    throw ConfigError(std::string("the JSON value has no text: ") + reason);
}

}  // namespace cloud_backend
