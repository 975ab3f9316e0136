#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// Throws `ConfigError` for a path that would not arrive as it is (SPEC T11).
void check_path(std::string_view path);

/// A base URL, taken apart once and joined with the path of each endpoint (SPEC T12).
class BaseUrl {
public:
    /// Throws `ConfigError` when it is not http or https, has user-info, no host, a fragment, white
    /// space or a control character (SPEC T11).
    explicit BaseUrl(std::string_view text);

    /// The URL of the endpoint `path` ("/chat/completions"), query kept, no doubled or missing
    /// slash, never "/v1/v1". A base that names an endpoint ("…/chat/completions") is used as it is
    /// for that endpoint, and without it for the others; "…/messages" is so for all but chats. A
    /// query of `path` stands before the base's.
    [[nodiscard]] std::string join(std::string_view path) const;

    [[nodiscard]] bool is_https() const noexcept;
    /// localhost, 127.0.0.0/8 or [::1].
    [[nodiscard]] bool is_loopback() const noexcept;
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// The scheme's, if none is given.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    std::string scheme_;     ///< Lower case.
    std::string authority_;  ///< Host and port as written.
    std::string host_;       ///< Without port and brackets, lower case.
    std::uint16_t port_ = 0;
    std::string path_;   ///< Without trailing slashes.
    std::string query_;  ///< With its "?", or empty.
};

/// The host of an absolute URL (lower case, no port, no brackets); empty when there is none.
[[nodiscard]] std::string host_of(std::string_view url);
/// localhost, 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback_host(std::string_view host) noexcept;
/// The URL without its query: what may stand in a log or a message (SPEC E2).
[[nodiscard]] std::string_view without_query(std::string_view url) noexcept;

}  // namespace cloud_backend::detail
