#include <embedded_server.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

// What README shows is what there is.
namespace cloud_backend::test {
namespace {

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string readme() {
    return content_of(SOURCE_DIR "/README.md");
}

std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::string output;
    std::array<char, 256> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe.get()) != nullptr) output += piece.data();
    return output;
}

TEST(Readme, ShowsTheProgramHello) {
    const std::string program = content_of(SOURCE_DIR "/examples/hello.cpp");
    ASSERT_NE(program, "");
    EXPECT_NE(readme().find("```cpp\n" + program + "```\n"), std::string::npos);
}

TEST(Readme, ShowsWhatTheProgramHelloPrints) {
    const embedded_server::EmbeddedServer server;
    const std::string output =
        output_of("OPENAI_API_KEY=any OPENAI_BASE_URL=" + server.url() + " " HELLO_PROGRAM);
    ASSERT_NE(output, "");
    EXPECT_NE(readme().find("```\n" + output + "```\n"), std::string::npos) << output;
}

}  // namespace
}  // namespace cloud_backend::test
