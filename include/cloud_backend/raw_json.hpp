#pragma once

#include <cloud_backend/export.hpp>

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cloud_backend {

/// JSON as text: it crosses the library's border without tying it to one build of a JSON library,
/// and keeps the server's bytes. Empty means absent. Values are independent.
class CLOUD_BACKEND_EXPORT RawJson {
public:
    RawJson() = default;

    /// Takes the text of anything with `dump()`, such as `nlohmann::json` or `ordered_json`.
    /// Throws `ConfigError` when it has no text: it holds text that is not UTF-8, or was discarded
    /// by a parser.
    template <class Json>
    requires(!std::same_as<std::remove_cvref_t<Json>, RawJson> && requires(const Json& json) {
        { json.dump() } -> std::convertible_to<std::string>;
    }) RawJson(const Json& json) {  // NOLINT(google-explicit-constructor)
        if constexpr (requires { json.is_discarded(); }) {
            if (json.is_discarded()) throw_not_dumpable("it is what a failed parse left");
        }
        try {
            text_ = json.dump();
        } catch (const std::exception& error) {
            throw_not_dumpable(error.what());
        }
    }
    // Braced pairs would choose std::string's iterator constructor and read out of bounds.
    RawJson(const char*, const char*) = delete;
    template <class T>
    RawJson(const char*, T&&) = delete;

    /// Takes JSON text. Throws `ConfigError` when it is not JSON.
    [[nodiscard]] static RawJson parse_text(std::string text);
    /// Takes text that is known to be JSON, unchecked.
    [[nodiscard]] static RawJson trusted(std::string text) {
        RawJson json;
        json.text_ = std::move(text);
        return json;
    }
    /// As `trusted`, into the storage this value already has.
    void assign_trusted(std::string_view text) { text_ = text; }
    /// Makes it absent.
    void clear() noexcept { text_.clear(); }

    /// The JSON text. Lives until the value changes.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// There is no JSON.
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

    /// Parses the text, into `nlohmann::json` unless told otherwise; null when empty. Include
    /// <nlohmann/json.hpp> to call it. Throws what `Json::parse` throws.
    template <class Json = nlohmann::json>
    [[nodiscard]] Json parse() const {
        return text_.empty() ? Json() : Json::parse(text_);
    }

    friend bool operator==(const RawJson&, const RawJson&) = default;

private:
    [[noreturn]] static void throw_not_dumpable(const char* reason);

    std::string text_{};
};

}  // namespace cloud_backend
