#pragma once

#include <cloud_backend/chat.hpp>
#include <cloud_backend/content_error.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>

// Structured output: answers whose content is JSON. Apart, because it needs all of nlohmann_json.
namespace cloud_backend {

/// The content of the first choice, which is JSON. A Markdown fence around the whole of it is taken
/// off: local models that no grammar constrains like to write one, and no JSON begins like it.
/// Throws `ContentError` when the answer was cut or filtered, is a refusal, calls tools or is
/// empty, or its content is not JSON, or nested deeper than 256 levels.
[[nodiscard]] CLOUD_BACKEND_EXPORT RawJson json_content(const ChatCompletion& completion);

namespace detail {
/// Of content that is JSON, but not what was asked for; `reason` says what is wrong with it.
[[noreturn]] CLOUD_BACKEND_EXPORT void throw_wrong_shape(const ChatCompletion& completion,
                                                         const char* reason);
}  // namespace detail

/// The content of the first choice as a `T`, through nlohmann_json: the `from_json` of `T` is found
/// as usual. Throws `ContentError` as `json_content` does, and for what nlohmann_json throws while
/// it makes the `T`, which is then in `what()`; anything else `from_json` throws passes unchanged.
///
///     struct City { std::string name; int people; };
///     NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(City, name, people)
///     const auto city = parse_content<City>(backend->chat_completion(request));
template <class T = nlohmann::json>
[[nodiscard]] T parse_content(const ChatCompletion& completion) {
    static_assert(
        !std::is_pointer_v<T> && !std::is_reference_v<T> && !std::same_as<T, std::string_view>,
        "it would point into JSON that is gone: ask for a value");
    try {
        return json_content(completion).parse().get<T>();
    } catch (const nlohmann::json::exception& error) {
        detail::throw_wrong_shape(completion, error.what());
    }
}

}  // namespace cloud_backend
