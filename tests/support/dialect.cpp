#include "dialect.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cloud_backend::test {

namespace {

using Json = nlohmann::json;
using std::filesystem::path;

std::string read_file(const path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(stream), {});
    if (text.empty()) throw std::runtime_error(file.string() + " is missing or empty");
    return text;
}

/// The one line of a file.
std::string read_line(const path& file) {
    std::string line = read_file(file);
    if (line.ends_with('\n')) line.pop_back();
    return line;
}

DialectAnswer read_answer(const path& folder, const Json& json) {
    DialectAnswer answer{.status = json.at("status"),
                         .body = read_file(folder / json.at("file").get<std::string>()),
                         .closes = json.value("closes", false)};
    const Json headers = json.value("headers", Json::object());
    for (const auto& [name, value] : headers.items()) answer.headers.push_back({name, value});
    return answer;
}

DialectCase read_case(const path& folder, const Json& json) {
    DialectCase read{.name = json.at("name"),
                     .streamed = json.at("call") == "streamed",
                     .max_retries = json.value("max_retries", 0),
                     .outcome = json.at("outcome")};
    for (const Json& answer : json.at("answers")) {
        read.answers.push_back(read_answer(folder, answer));
    }
    if (json.contains("reply")) read.reply = read_line(folder / json["reply"].get<std::string>());
    return read;
}

}  // namespace

std::vector<std::string> dialect_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(DIALECTS_FOLDER)) {
        names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

Dialect load_dialect(const std::string& name) {
    const path folder = path(DIALECTS_FOLDER) / name;
    const Json json = Json::parse(read_file(folder / "cases.json"));
    Dialect dialect{.name = name,
                    .service = json.value("service", ""),
                    .azure = json.value("azure", Json()),
                    .url = json.at("url"),
                    .key_header = json.at("key_header"),
                    .key = json.value("key", ""),
                    .request = read_line(folder / "request.json")};
    for (const Json& each : json.at("cases")) dialect.cases.push_back(read_case(folder, each));
    if (dialect.cases.empty()) throw std::runtime_error(name + " has no cases");
    return dialect;
}

}  // namespace cloud_backend::test
