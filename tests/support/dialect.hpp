#pragma once

#include <cloud_backend/headers.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// What is known of the dialects of SPEC C4: a folder of tests/fixtures/dialects for each, written
// by hand. Its cases.json names the service, where its requests go, and what its answers, each in a
// file, come to.
namespace cloud_backend::test {

struct DialectAnswer {
    int status = 0;
    Headers headers{};
    std::string body{};
    bool closes = false;  ///< Nothing but the end of the connection marks its end.
};

struct DialectCase {
    std::string name{};
    bool streamed = false;
    int max_retries = 0;
    std::vector<DialectAnswer> answers{};
    nlohmann::json outcome{};
    /// The body of a plain request that sends the answer back, with the results of its tool calls;
    /// empty: that is not tried.
    std::string reply{};
};

struct Dialect {
    std::string name{};     ///< Of its folder.
    std::string service{};  ///< Of its preset; empty: `azure` tells where it is.
    nlohmann::json azure{};
    std::string url{};
    std::string key_header{};
    std::string key{};      ///< What that header says; empty: it is not sent.
    std::string request{};  ///< The body of a streamed request.
    std::vector<DialectCase> cases{};
};

/// The names of all folders, sorted.
[[nodiscard]] std::vector<std::string> dialect_names();
/// Throws for a folder without cases, or when a file that they name is missing or empty.
[[nodiscard]] Dialect load_dialect(const std::string& name);

}  // namespace cloud_backend::test
