#pragma once

#include <cloud_backend/client.hpp>
#include <cloud_backend/headers.hpp>
#include <cloud_backend/options.hpp>

#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// The key of a client, and the conditions under which it may be sent (SPEC T11).
class Credentials {
public:
    /// `confidential`: nobody on the line can read what is sent. Throws `ConfigError` for a fixed
    /// key that must not be used.
    Credentials(ApiKey key, bool required, bool confidential);

    /// The key for one attempt, empty if none is needed. Throws `ConfigError` for a key that must
    /// not be sent, and what a key function throws.
    [[nodiscard]] std::string current() const;

    /// Throws `ConfigError` for a secret header that would be sent in the open.
    void check_confidential(const Headers& headers) const;

private:
    void check(std::string_view key) const;

    ApiKey key_;
    bool required_;
    bool confidential_;
};

/// Throws `ConfigError` for a header that would break out of its line (SPEC T11).
void check_headers(const Headers& headers);

/// Sets `header`, replacing all of the same name.
void set_header(Headers& headers, Header header);
/// Removes all headers called `name`.
void erase_header(Headers& headers, std::string_view name);

}  // namespace cloud_backend::detail
