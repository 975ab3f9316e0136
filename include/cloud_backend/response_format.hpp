#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>

#include <optional>
#include <string>

namespace cloud_backend {

/// What an answer must look like (SPEC C1).
class CLOUD_BACKEND_EXPORT ResponseFormat {
public:
    /// The formats there are.
    enum class Kind { text, json_object, json_schema };

    /// Any text, as without a format.
    [[nodiscard]] static ResponseFormat text();
    /// Any JSON object. Services want the word JSON in a message, too.
    [[nodiscard]] static ResponseFormat json_object();
    /// JSON that follows `schema`, an object; see `parse_content`. `name` is for the model:
    /// letters, digits, _ and -. Strict: the model cannot write anything else; OpenAI wants every
    /// object of the schema to require all its properties and to allow no others then. Not strict:
    /// as far as the model can; empty leaves it to the server.
    [[nodiscard]] static ResponseFormat json_schema(std::string name, RawJson schema,
                                                    std::optional<bool> strict = true);

    /// Which of them this is.
    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// Of a schema, else empty.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Of a schema, else empty.
    [[nodiscard]] const RawJson& schema() const noexcept { return schema_; }
    /// Of a schema, else empty.
    [[nodiscard]] std::optional<bool> strict() const noexcept { return strict_; }

private:
    explicit ResponseFormat(Kind kind) : kind_(kind) {}

    Kind kind_;
    std::string name_{};
    RawJson schema_{};
    std::optional<bool> strict_{};
};

}  // namespace cloud_backend
