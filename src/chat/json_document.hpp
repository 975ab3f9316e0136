#pragma once

#include <simdjson.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

enum class JsonFault { malformed, too_deep };

using JsonParse = std::variant<simdjson::dom::element, JsonFault>;

/// JSON as simdjson's DOM, with a slow path for what strict parsers reject and
/// servers send (SPEC S4: invalid UTF-8, lone surrogate escapes; also integers beyond 64 bits).
/// Never throws but bad_alloc.
///
/// All documents of a thread share its parser, so that thousands of streams have their memory, and
/// the processor's cache, in common: an element lives until any of them parses again, and no longer
/// than the document.
class JsonDocument {
public:
    explicit JsonDocument(std::size_t max_depth = 256);

    /// Parses `text`, behind which at least `SseParser::padding` bytes can be read. No allocation
    /// in steady state. `text` must live as long as `source()` is used.
    [[nodiscard]] JsonParse parse_padded(std::string_view text);
    /// Parses any text; copies it first.
    [[nodiscard]] JsonParse parse(std::string_view text);

    /// What the last parse read: the text given, or its repaired form.
    [[nodiscard]] std::string_view source() const noexcept { return source_; }

private:
    [[nodiscard]] simdjson::dom::parser& parser();
    /// Keeps `text` in `copy_`, padded.
    std::string_view keep(std::string text);

    std::size_t max_depth_;
    std::string copy_{};
    std::string_view source_{};
    std::unique_ptr<simdjson::dom::parser> own_parser_{};  ///< When the thread has none any more.
};

}  // namespace cloud_backend::detail
