#pragma once

#include "../support/temporary_directory.hpp"

#include <string>

namespace cloud_backend::test {

/// A PEM file each.
struct KeyPair {
    std::string certificate{};
    std::string key{};
};

/// Certificates for the server 127.0.0.1, signed by `authority` unless said otherwise. Made anew by
/// openssl; the files live as long as this.
struct Certificates {
    Certificates();

    TemporaryDirectory directory{};
    KeyPair authority;
    KeyPair valid;
    KeyPair wrong_host;
    KeyPair expired;
    KeyPair self_signed;
    KeyPair other_authority;
    KeyPair unknown_authority;  ///< signed by `other_authority`
    KeyPair client;
};

/// The process's own.
[[nodiscard]] const Certificates& certificates();

}  // namespace cloud_backend::test
