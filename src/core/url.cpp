#include "core/url.hpp"

#include "core/ascii.hpp"

#include <cloud_backend/error.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace cloud_backend::detail {

namespace {

// A base URL may name one of these, and be asked for another endpoint all the same.
constexpr std::string_view chat_endpoint = "/chat/completions";
constexpr std::string_view messages_endpoint = "/messages";

bool is_url_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; });
}

[[noreturn]] void refuse(const char* reason) {
    throw ConfigError(std::string("base_url ") + reason);
}

/// Scheme, authority, path and query of "scheme://authority/path?query", each where it stands.
struct Parts {
    std::string_view scheme{};
    std::string_view authority{};
    std::string_view path{};
    std::string_view query{};
};

Parts split(std::string_view url) {
    Parts parts;
    const std::size_t scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return parts;
    parts.scheme = url.substr(0, scheme_end);
    url.remove_prefix(scheme_end + 3);
    const std::size_t query = std::min(url.find('?'), url.size());
    parts.query = url.substr(query);
    url = url.substr(0, query);
    const std::size_t path = std::min(url.find('/'), url.size());
    parts.authority = url.substr(0, path);
    parts.path = url.substr(path);
    return parts;
}

/// Host and port of an authority without user-info; an IPv6 host keeps its brackets.
std::pair<std::string_view, std::string_view> split_port(std::string_view authority) {
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    if (!has_port) return {authority, {}};
    return {authority.substr(0, colon), authority.substr(colon)};
}

std::string_view without_brackets(std::string_view host) {
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    return bracketed ? host.substr(1, host.size() - 2) : host;
}

/// Of `text` with its colon; 0 when it is none.
std::uint16_t read_port(std::string_view text) {
    text.remove_prefix(1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

/// As every resolver reads it: no leading zero, which some take for octal.
bool is_ipv4_number(std::string_view text) {
    std::uint8_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() &&
           (text.size() == 1 || text.front() != '0');
}

bool is_ipv4_address(std::string_view host) {
    for (int dots = 0; dots < 3; ++dots) {
        const std::size_t dot = host.find('.');
        if (dot == std::string_view::npos || !is_ipv4_number(host.substr(0, dot))) return false;
        host.remove_prefix(dot + 1);
    }
    return is_ipv4_number(host);
}

bool is_host(std::string_view host) {
    constexpr std::string_view forbidden = "[]@:/\\%<>\"{}|^`";
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
    }
    return !host.empty() && host.find_first_of(forbidden) == std::string_view::npos;
}

std::string_view without_trailing_slashes(std::string_view path) {
    return path.substr(0, path.find_last_not_of('/') + 1);
}

}  // namespace

void check_path(std::string_view path) {
    if (!is_url_text(path)) {
        throw ConfigError(
            "the path contains a space, a backslash, or a character that is not ASCII");
    }
}

BaseUrl::BaseUrl(std::string_view text) {
    if (!is_url_text(text))
        refuse("contains a space, a backslash, or a character that is not ASCII");
    if (text.find('#') != std::string_view::npos) refuse("contains a fragment (#)");
    const Parts parts = split(text);
    scheme_ = to_lower(parts.scheme);
    if (scheme_ != "http" && scheme_ != "https") refuse("is not an http or https URL");
    if (parts.authority.find('@') != std::string_view::npos) refuse("contains user information");
    const auto [host, port] = split_port(parts.authority);
    if (!is_host(host)) refuse("has no valid host");
    port_ = is_https() ? 443 : 80;
    if (!port.empty()) port_ = read_port(port);
    if (port_ == 0) refuse("has no valid port");
    authority_ = parts.authority;
    host_ = to_lower(without_brackets(host));
    path_ = without_trailing_slashes(parts.path);
    query_ = parts.query;
}

std::string BaseUrl::join(std::string_view path) const {
    const std::string_view endpoint = without_query(path);
    std::string_view prefix = path_.empty() ? "/v1" : std::string_view(path_);
    for (const std::string_view named : {chat_endpoint, messages_endpoint, endpoint}) {
        if (!prefix.ends_with(named)) continue;
        // To who asks for chats it is a path like any other (T12).
        if (named == messages_endpoint && endpoint == chat_endpoint) continue;
        prefix.remove_suffix(named.size());
        break;
    }
    std::string url = scheme_ + "://" + authority_;
    url.append(prefix).append(path);
    if (endpoint.size() == path.size() || query_.empty()) return url + query_;
    return url + '&' + query_.substr(1);
}

bool BaseUrl::is_https() const noexcept {
    return scheme_ == "https";
}

bool BaseUrl::is_loopback() const noexcept {
    return is_loopback_host(host_);
}

std::string host_of(std::string_view url) {
    std::string_view authority = split(url).authority;
    const std::size_t user_info = authority.rfind('@');
    if (user_info != std::string_view::npos) authority.remove_prefix(user_info + 1);
    return to_lower(without_brackets(split_port(authority).first));
}

bool is_loopback_host(std::string_view host) noexcept {
    if (equals_ignoring_case(host, "localhost") || host == "::1") return true;
    // "127.evil.test" and "127.0.0.256" are names: whoever answers for them would get the key.
    return host.starts_with("127.") && is_ipv4_address(host);
}

std::string_view without_query(std::string_view url) noexcept {
    return url.substr(0, url.find('?'));
}

}  // namespace cloud_backend::detail
