#include "core/ascii.hpp"
#include "core/url.hpp"
#include "fuzzing.hpp"

#include <cloud_backend/error.hpp>

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

// T11, T12: a base URL is refused with ConfigError or joined as the rules say, and libcurl, which
// follows the result, understands it as we do.
namespace cloud_backend::fuzz {
namespace {

using detail::BaseUrl;

std::optional<BaseUrl> parse(std::string_view text) {
    try {
        return BaseUrl(text);
    } catch (const ConfigError&) {
        return std::nullopt;
    }
}

/// From the path on, without the query.
std::string_view path_of(std::string_view url) {
    url = detail::without_query(url);
    const auto authority = url.find("://") + 3;
    return url.substr(std::min(url.find('/', authority), url.size()));
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The part of a URL as libcurl reads it; empty if it refuses the URL.
std::optional<std::string> curl_part(const std::string& url, CURLUPart part) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parser(curl_url(), curl_url_cleanup);
    if (curl_url_set(parser.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return std::nullopt;
    char* text = nullptr;
    if (curl_url_get(parser.get(), part, &text, 0) != CURLUE_OK) return std::nullopt;
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
    return text;
}

void check_against_libcurl(const BaseUrl& base, const std::string& url) {
    const auto host = curl_part(url, CURLUPART_HOST);
    if (!host) return;
    require(curl_part(url, CURLUPART_SCHEME) == (base.is_https() ? "https" : "http"),
            "libcurl takes the scheme as we do");
    require(!curl_part(url, CURLUPART_USER), "no user-info comes through (T11)");
    if (!base.is_loopback()) return;
    const std::string expected = has(base.host(), ":") ? "[" + base.host() + "]" : base.host();
    require(detail::to_lower(*host) == expected, "loopback is loopback for libcurl (T11)");
}

void check_join(std::string_view base_text, const BaseUrl& base, const char* endpoint) {
    const std::string url = base.join(endpoint);
    require(std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; }),
            "a URL is printable (T11)");
    require(url.starts_with(base.is_https() ? "https://" : "http://"), "http or https (T11)");
    require(path_of(url).ends_with(endpoint), "the path ends with the endpoint (T12)");
    for (const char* const doubled : {"//", "/v1/v1"}) {
        require(!has(path_of(url), doubled) || has(path_of(base_text), doubled),
                "nothing is doubled (T12)");
    }
    require(detail::host_of(url) == base.host(), "the host stays");
    const std::string_view query = base_text.substr(detail::without_query(base_text).size());
    require(std::string_view(url).ends_with(query), "the query is kept (T12)");
    check_against_libcurl(base, url);
}

}  // namespace
}  // namespace cloud_backend::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend::fuzz;
    const auto input = as_text(data, size);
    const auto base = parse(input);
    if (!base) return 0;
    for (const char* const endpoint : {"/chat/completions", "/models"}) {
        check_join(input, *base, endpoint);
    }
    const std::string chat = base->join("/chat/completions");
    const auto again = parse(chat);
    require(again && again->join("/chat/completions") == chat,
            "an endpoint is used as it is (T12)");
    return 0;
}
