#include "chat/json_document.hpp"
#include "chat/json_fields.hpp"

#include <cloud_backend/annotations.hpp>
#include <cloud_backend/logprobs.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What completions and chunks keep as JSON text, read when it is asked for.
namespace cloud_backend {

namespace {

using detail::as_array;
using detail::as_object;
namespace dom = simdjson::dom;

template <class Read>
void read_json(const RawJson& json, Read&& read) {
    if (json.empty()) return;
    detail::JsonDocument document;
    const auto parsed = document.parse(json.text());
    if (const auto* root = std::get_if<dom::element>(&parsed)) read(*root);
}

std::string bytes_in(dom::element value) {
    std::string bytes;
    const auto array = as_array(value);
    if (!array) return bytes;
    for (const auto byte : *array) bytes += static_cast<char>(detail::int_or_zero(byte));
    return bytes;
}

std::vector<TokenLogprob> tokens_in(dom::element list);

TokenLogprob token_in(dom::object json) {
    TokenLogprob token;
    for (const auto& [key, value] : json) {
        if (key == "token") {
            token.token = detail::string_or_empty(value);
        } else if (key == "logprob") {
            token.logprob = detail::value_as<double>(value).value_or(0);
        } else if (key == "bytes") {
            token.bytes = bytes_in(value);
        } else if (key == "top_logprobs") {
            token.alternatives = tokens_in(value);
        }
    }
    return token;
}

/// As deep as the document's limit lets it nest.
std::vector<TokenLogprob> tokens_in(dom::element list) {
    std::vector<TokenLogprob> tokens;
    const auto array = as_array(list);
    if (!array) return tokens;
    for (const auto item : *array) {
        const auto json = as_object(item);
        // Three bytes of JSON would ask for a hundred of memory otherwise (T8).
        if (json && detail::find_member(*json, "token")) tokens.push_back(token_in(*json));
    }
    return tokens;
}

std::vector<TokenLogprob> tokens_in(const RawJson& logprobs, std::string_view member) {
    std::vector<TokenLogprob> tokens;
    read_json(logprobs, [&](dom::element root) {
        const auto object = as_object(root);
        const auto list = object ? detail::find_member(*object, member) : std::nullopt;
        if (list) tokens = tokens_in(*list);
    });
    return tokens;
}

}  // namespace

std::vector<TokenLogprob> token_logprobs(const RawJson& logprobs) {
    return tokens_in(logprobs, "content");
}

std::vector<TokenLogprob> refusal_logprobs(const RawJson& logprobs) {
    return tokens_in(logprobs, "refusal");
}

std::vector<UrlCitation> url_citations(const RawJson& annotations) {
    std::vector<UrlCitation> citations;
    read_json(annotations, [&](dom::element root) {
        const auto array = as_array(root);
        if (!array) return;
        for (const auto item : *array) {
            const auto annotation = as_object(item);
            const auto found =
                annotation ? detail::find_member(*annotation, "url_citation") : std::nullopt;
            const auto citation = found ? as_object(*found) : std::nullopt;
            if (!citation) continue;
            const auto number = [&](std::string_view key) {
                const auto member = detail::find_member(*citation, key);
                return member ? detail::int_or_zero(*member) : 0;
            };
            citations.push_back({.url = std::string(detail::find_string(*citation, "url")),
                                 .title = std::string(detail::find_string(*citation, "title")),
                                 .start_index = number("start_index"),
                                 .end_index = number("end_index")});
        }
    });
    return citations;
}

}  // namespace cloud_backend
