#pragma once

#include "program.hpp"
#include "temporary_directory.hpp"

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstddef>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cloud_backend::test {

/// The question a body of `batch_line` holds.
inline std::size_t question_of(const std::string& body) {
    constexpr std::string_view before = "question ";
    return std::stoul(body.substr(body.find(before) + before.size()));
}

inline std::string batch_line(std::size_t number) {
    const std::string text = std::to_string(number);
    return R"({"custom_id":"id-)" + text + R"(","method":"POST","url":"/v1/chat/completions",)" +
           R"("body":{"model":"m","messages":[{"role":"user","content":"question )" + text +
           "\"}]}}\n";
}

inline embedded_server::Answer batch_answer(std::size_t question,
                                            embedded_server::Headers headers = {}) {
    return embedded_server::Answer::json(
        200,
        R"({"id":"c","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,)"
        R"("message":{"role":"assistant","content":"answer )" +
            std::to_string(question) +
            R"("},"finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})",
        std::move(headers));
}

/// How often each of `count` questions was asked.
class Questions {
public:
    explicit Questions(std::size_t count) : asked_(count) {}

    void ask(std::size_t question) { ++asked_.at(question); }
    [[nodiscard]] int asked(std::size_t question) const { return asked_.at(question); }

private:
    std::vector<std::atomic<int>> asked_;
};

/// The lines of a file of results by custom_id; a test fails if there are two of one.
inline std::map<std::string, nlohmann::json> results_in(const std::string& path) {
    std::map<std::string, nlohmann::json> results;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        auto result = nlohmann::json::parse(line);
        const auto id = result.at("custom_id").get<std::string>();
        EXPECT_TRUE(results.emplace(id, std::move(result)).second) << "two of " << id;
    }
    return results;
}

inline std::string content_of(const nlohmann::json& result) {
    return result.at("response").at("body").at("choices").at(0).at("message").at("content");
}

class CloudBatch : public ::testing::Test {
protected:
    using Arguments = std::vector<std::string>;

    struct Outcome {
        std::optional<int> status{};
        std::string errors{};
    };

    void write_input(const std::string& text) const { std::ofstream(input) << text; }
    void write_requests(std::size_t count) const {
        std::ofstream file(input);
        for (std::size_t number = 0; number < count; ++number) file << batch_line(number);
    }

    [[nodiscard]] static Arguments arguments_for(const std::string& file, const std::string& url,
                                                 const Arguments& more = {}) {
        Arguments arguments{file, "--base-url", url};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    [[nodiscard]] static Outcome outcome_of(Program& program) {
        program.end_input();
        const auto status = program.exit_status();
        return {.status = status, .errors = program.errors()};
    }
    [[nodiscard]] static Outcome run(const Arguments& arguments) {
        Program program(CLOUD_BATCH_PROGRAM, arguments);
        return outcome_of(program);
    }
    [[nodiscard]] Outcome run_at(const std::string& url, const Arguments& more = {}) const {
        return run(arguments_for(input, url, more));
    }

    /// Each question is there once, with its own answer.
    static void expect_answers(const std::map<std::string, nlohmann::json>& results,
                               std::size_t count) {
        EXPECT_EQ(results.size(), count);
        for (std::size_t number = 0; number < count; ++number) {
            const std::string text = std::to_string(number);
            const auto found = results.find("id-" + text);
            ASSERT_NE(found, results.end()) << text;
            ASSERT_EQ(content_of(found->second), "answer " + text);
        }
    }

    const TemporaryDirectory directory{};
    const std::string input = directory.file("in.jsonl");
    const std::string output = directory.file("in.results.jsonl");
    const std::string errors = directory.file("in.errors.jsonl");
};

/// Answers every question.
inline embedded_server::Answer answer_question(const embedded_server::Request& request) {
    return batch_answer(question_of(request.body));
}

}  // namespace cloud_backend::test
