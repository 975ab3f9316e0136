#pragma once

#include <cloud_backend/headers.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// Recorded answers of many servers, one JSON object a line; the folder of the files is named by the
// environment variable CLOUD_BACKEND_CORPUS.
namespace cloud_backend::test {

struct CorpusCase {
    std::string file{};  ///< The name of the file that holds it.
    std::string name{};
    std::string provider{};
    std::string kind{};  ///< stream, json or error.
    int status = 0;
    Headers headers{};
    std::string body{};  ///< As the server sent it.
    nlohmann::json expected{};
};

/// False when no folder is named; tests that need the corpus are skipped then.
[[nodiscard]] bool corpus_available();
/// Every case of every file, in the order of the file names. Throws when the folder or one of its
/// lines cannot be read.
[[nodiscard]] std::vector<CorpusCase> load_corpus();

}  // namespace cloud_backend::test
