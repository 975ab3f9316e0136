#pragma once

#include <cloud_backend/raw_json.hpp>

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// Appends `value` as JSON text without white space.
void append_json(std::string& out, simdjson::dom::element value);
[[nodiscard]] std::string json_text(simdjson::dom::element value);

/// Appends `text`, which is UTF-8, as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// Stores `value` as text. `buffer` is left as it was; it spares an allocation.
void store_json(RawJson& target, simdjson::dom::element value, std::string& buffer);

/// Collects members of an object into a `RawJson`. It builds its text at the end of a buffer that
/// collectors can share as long as they nest.
class MemberCollector {
public:
    explicit MemberCollector(std::string& buffer) : buffer_(buffer), start_(buffer.size()) {}

    /// Null says nothing and is left out.
    void add(std::string_view key, simdjson::dom::element value);
    /// Gives what was collected to `target`, which is empty if that is nothing.
    void store(RawJson& target);

private:
    std::string& buffer_;
    std::size_t start_;
};

}  // namespace cloud_backend::detail
