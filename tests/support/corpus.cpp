#include "corpus.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string_view>

namespace cloud_backend::test {

namespace {

const char* corpus_folder() {
    return std::getenv("CLOUD_BACKEND_CORPUS");  // NOLINT(concurrency-mt-unsafe)
}

std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text.substr(0, text.find('='))) {
        const std::size_t digit = alphabet.find(c);
        if (digit == std::string_view::npos) throw std::runtime_error("not base64");
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xFFU);
    }
    return bytes;
}

CorpusCase parse_case(const std::filesystem::path& file, const std::string& line) {
    const auto json = nlohmann::json::parse(line);
    Headers headers;
    for (const auto& [name, value] : json.at("headers").items()) headers.push_back({name, value});
    return {.file = file.filename(),
            .name = json.at("case"),
            .provider = json.at("provider"),
            .kind = json.at("kind"),
            .status = json.at("status"),
            .headers = std::move(headers),
            .body = decode_base64(json.at("body_base64").get<std::string>()),
            .expected = json.at("expected")};
}

}  // namespace

bool corpus_available() {
    const char* const folder = corpus_folder();
    return folder != nullptr && *folder != '\0';
}

std::vector<CorpusCase> load_corpus() {
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(corpus_folder())) {
        if (entry.path().extension() == ".jsonl") files.insert(entry.path());
    }
    std::vector<CorpusCase> cases;
    for (const auto& file : files) {
        std::ifstream lines(file);
        for (std::string line; std::getline(lines, line);) cases.push_back(parse_case(file, line));
    }
    return cases;
}

}  // namespace cloud_backend::test
