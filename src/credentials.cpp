#include "credentials.hpp"

#include "core/ascii.hpp"
#include "core/redact.hpp"
#include "core/utf8.hpp"

#include <cloud_backend/error.hpp>

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

namespace cloud_backend {

std::string ApiKey::value() const {
    const auto* provider = std::get_if<std::function<std::string()>>(&source_);
    return std::string(detail::trim(provider ? (*provider)() : std::get<std::string>(source_)));
}

}  // namespace cloud_backend

namespace cloud_backend::detail {

namespace {

constexpr std::string_view line_breakers("\r\n\0", 3);

bool is_control(char c) {
    return (c >= 0 && c < ' ') || c == '\x7f';
}

bool is_token(std::string_view text) {
    constexpr std::string_view separators = "()<>@,;:\\\"/[]?={}";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return c > ' ' && c < '\x7f' && separators.find(c) == std::string_view::npos;
    });
}

}  // namespace

Credentials::Credentials(ApiKey key, bool required, bool confidential)
    : key_(std::move(key)), required_(required), confidential_(confidential) {
    if (!key_.is_provider()) check(key_.value());
}

std::string Credentials::current() const {
    std::string key = key_.value();
    check(key);
    return key;
}

void Credentials::check(std::string_view key) const {
    if (key.empty()) {
        if (required_) {
            throw ConfigError(
                "no API key: set ClientOptions::api_key, or switch require_api_key off for a "
                "server that needs none");
        }
        return;
    }
    if (!is_valid_utf8(key) || std::ranges::any_of(key, is_control)) {
        throw ConfigError("the API key contains a control character, or is not valid UTF-8");
    }
    if (!confidential_) {
        throw ConfigError(
            "the API key would be sent unencrypted: use an https base_url, or set "
            "allow_insecure_http");
    }
}

void Credentials::check_confidential(const Headers& headers) const {
    if (confidential_) return;
    for (const Header& header : headers) {
        if (is_secret_header(header.name)) {
            throw ConfigError("header " + header.name +
                              " would be sent unencrypted: use an https base_url, or set "
                              "allow_insecure_http");
        }
    }
}

void check_headers(const Headers& headers) {
    for (const auto& [name, value] : headers) {
        if (!is_token(name)) throw ConfigError("a header name is not valid");
        if (value.find_first_of(line_breakers) != std::string::npos) {
            throw ConfigError("the value of header " + name + " contains CR, LF or NUL");
        }
        if (!is_valid_utf8(value)) {
            throw ConfigError("the value of header " + name + " is not valid UTF-8");
        }
    }
}

void set_header(Headers& headers, Header header) {
    erase_header(headers, header.name);
    headers.push_back(std::move(header));
}

void erase_header(Headers& headers, std::string_view name) {
    std::erase_if(headers,
                  [&](const Header& other) { return equals_ignoring_case(other.name, name); });
}

}  // namespace cloud_backend::detail
