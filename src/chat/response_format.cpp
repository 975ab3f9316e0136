#include <cloud_backend/response_format.hpp>

#include <utility>

namespace cloud_backend {

ResponseFormat ResponseFormat::text() {
    return ResponseFormat(Kind::text);
}

ResponseFormat ResponseFormat::json_object() {
    return ResponseFormat(Kind::json_object);
}

ResponseFormat ResponseFormat::json_schema(std::string name, RawJson schema,
                                           std::optional<bool> strict) {
    ResponseFormat format(Kind::json_schema);
    format.name_ = std::move(name);
    format.schema_ = std::move(schema);
    format.strict_ = strict;
    return format;
}

}  // namespace cloud_backend
