#include <cloud_backend/chat_completion.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/metadata.hpp>
#include <cloud_backend/metrics.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

constexpr CallInfo chat{.id = 1,
                        .operation = "chat",
                        .model = "gpt-4o-mini",
                        .server = {.provider = "openai", .address = "api.test", .port = 443}};

CallInfo chat_with(std::string_view model) {
    CallInfo call = chat;
    call.model = model;
    return call;
}

class MetricsOfCalls : public testing::Test {
protected:
    void finish(const CallInfo& call, Duration took, std::optional<ErrorCode> error = {},
                const Usage* usage = nullptr) const {
        CallMetadata metadata;
        metadata.total_time = took;
        hooks.on_call_started(call);
        hooks.on_call_finished(call, {error, metadata, {.usage = usage}});
    }

    [[nodiscard]] bool has(std::string_view line) const {
        return ("\n" + metrics.prometheus_text()).find("\n" + std::string(line) + "\n") !=
               std::string::npos;
    }

    MetricsHooks metrics{
        {.duration_buckets = {0.5, 1, 2.5}, .token_buckets = {10, 100}, .max_models = 2}};
    Hooks hooks = metrics.hooks();
};

constexpr std::string_view labels_of_calls =
    R"(gen_ai_provider_name="openai",server_address="api.test",server_port="443",)"
    R"(gen_ai_operation_name="chat")";

std::string sample_of_calls(std::string_view name, std::string_view more, std::string_view value) {
    std::string line(name);
    return line.append("{").append(labels_of_calls).append(more).append("} ").append(value);
}

/// Of those that tell models apart.
std::string sample(std::string_view name, const std::string& more, std::string_view value) {
    return sample_of_calls(name, R"(,gen_ai_request_model="gpt-4o-mini")" + more, value);
}

TEST_F(MetricsOfCalls, AreEmptyBeforeTheFirst) {
    EXPECT_EQ(metrics.prometheus_text(), "");
}

TEST_F(MetricsOfCalls, PutDurationsInBucketsThatHoldAllThatIsShorter) {
    finish(chat, 500ms);  // An end belongs to its bucket.
    finish(chat, 750ms);
    finish(chat, 1h);
    constexpr std::string_view name = "gen_ai_client_operation_duration_seconds";
    const std::string bucket = std::string(name) + "_bucket";
    EXPECT_TRUE(has("# TYPE " + std::string(name) + " histogram"));
    EXPECT_TRUE(has(sample(bucket, R"(,le="0.5")", "1"))) << metrics.prometheus_text();
    EXPECT_TRUE(has(sample(bucket, R"(,le="1")", "2")));
    EXPECT_TRUE(has(sample(bucket, R"(,le="2.5")", "2")));
    EXPECT_TRUE(has(sample(bucket, R"(,le="+Inf")", "3")));
    EXPECT_TRUE(has(sample(std::string(name) + "_count", "", "3")));
    EXPECT_TRUE(has(sample(std::string(name) + "_sum", "", "3601.25")));
}

TEST_F(MetricsOfCalls, TellErrorsApart) {
    finish(chat, 1s);
    finish(chat, 1s, ErrorCode::rate_limit);
    const std::string count = "gen_ai_client_operation_duration_seconds_count";
    EXPECT_TRUE(has(sample(count, "", "1")));
    EXPECT_TRUE(has(sample(count, R"(,error_type="rate_limit")", "1")));
}

TEST_F(MetricsOfCalls, CountTokensOfBothKinds) {
    const Usage usage{.prompt_tokens = 7, .completion_tokens = 70};
    finish(chat, 1s, {}, &usage);
    const std::string bucket = "gen_ai_client_token_usage_bucket";
    EXPECT_TRUE(has(sample(bucket, R"(,gen_ai_token_type="input",le="10")", "1")));
    EXPECT_TRUE(has(sample(bucket, R"(,gen_ai_token_type="output",le="10")", "0")));
    EXPECT_TRUE(has(sample(bucket, R"(,gen_ai_token_type="output",le="100")", "1")));
}

TEST_F(MetricsOfCalls, HaveATimeToTheFirstChunkOfStreamsOnly) {
    CallMetadata metadata;
    const std::string count = "gen_ai_client_operation_time_to_first_chunk_seconds_count";
    hooks.on_call_finished(chat, {{}, metadata});
    EXPECT_FALSE(has(sample(count, "", "1")));
    metadata.time_to_first_chunk = 100ms;
    hooks.on_call_finished(chat, {{}, metadata});
    EXPECT_TRUE(has(sample(count, "", "1")));
}

TEST_F(MetricsOfCalls, KnowHowManyAreNotDone) {
    hooks.on_call_started(chat);
    hooks.on_call_started(chat);
    EXPECT_TRUE(has(sample_of_calls("cloud_backend_calls_in_flight", "", "2")));
    hooks.on_call_finished(chat, {{}, CallMetadata{}});
    EXPECT_TRUE(has(sample_of_calls("cloud_backend_calls_in_flight", "", "1")));
}

TEST_F(MetricsOfCalls, CountAttemptsByTheirEnd) {
    hooks.on_attempt_finished(chat, {.status = 503, .error = ErrorCode::internal_server});
    hooks.on_attempt_finished(chat, {.status = 200});
    hooks.on_attempt_finished(chat, {.error = ErrorCode::connection});
    const std::string attempts = "cloud_backend_attempts_total";
    EXPECT_TRUE(has(sample_of_calls(
        attempts, R"(,http_response_status_code="503",error_type="internal_server")", "1")));
    EXPECT_TRUE(has(sample_of_calls(attempts, R"(,http_response_status_code="200")", "1")));
    EXPECT_TRUE(has(sample_of_calls(attempts, R"(,error_type="connection")", "1")));
}

TEST_F(MetricsOfCalls, CountRetriesThatWereMade) {
    hooks.on_attempt_started(chat, 1);
    EXPECT_FALSE(has(sample_of_calls("cloud_backend_retries_total", "", "1")));
    hooks.on_attempt_started(chat, 2);
    EXPECT_TRUE(has(sample_of_calls("cloud_backend_retries_total", "", "1")));
}

TEST_F(MetricsOfCalls, ShowHowManyCircuitsRefuse) {
    const std::string server =
        R"({gen_ai_provider_name="openai",server_address="api.test",server_port="443")";
    const auto change = [&](CircuitState from, CircuitState to) {
        hooks.on_circuit_change(chat.server, {.from = from, .to = to});
    };
    change(CircuitState::closed, CircuitState::open);
    change(CircuitState::closed, CircuitState::isolated);  // Another client's.
    EXPECT_TRUE(has("cloud_backend_circuits_open" + server + "} 2"));
    EXPECT_TRUE(has("cloud_backend_circuit_changes_total" + server + R"(,state="open"} 1)"));
    change(CircuitState::open, CircuitState::half_open);
    EXPECT_TRUE(has("cloud_backend_circuits_open" + server + "} 1"));
}

TEST_F(MetricsOfCalls, CannotBeMadeToGrowByTheNamesOfModels) {
    for (int i = 0; i < 1'000; ++i) finish(chat_with("model-" + std::to_string(i)), 1s);
    finish(chat_with("model-0"), 1s);
    const std::string text = metrics.prometheus_text();
    EXPECT_NE(text.find(R"(gen_ai_request_model="model-1")"), std::string::npos);
    EXPECT_EQ(text.find(R"(gen_ai_request_model="model-2")"), std::string::npos);
    EXPECT_NE(text.find(R"(gen_ai_request_model="_OTHER"} 998)"), std::string::npos);
}

TEST_F(MetricsOfCalls, TellNoModelApartThatHasNotAnswered) {
    finish(chat_with("invented"), 1s, ErrorCode::not_found);
    EXPECT_EQ(metrics.prometheus_text().find("invented"), std::string::npos);
    finish(chat_with("real"), 1s);
    finish(chat_with("real"), 1s, ErrorCode::timeout);
    EXPECT_NE(metrics.prometheus_text().find(R"(gen_ai_request_model="real",error_type="timeout")"),
              std::string::npos);
}

TEST_F(MetricsOfCalls, TellNoModelApartWhoseNameIsAText) {
    finish(chat_with(std::string(1'000, 'x')), 1s);
    EXPECT_EQ(metrics.prometheus_text().find("xxx"), std::string::npos);
}

TEST_F(MetricsOfCalls, NeverSumUpToLess) {
    const Usage usage{.prompt_tokens = -7, .completion_tokens = 1};
    finish(chat, 1s, {}, &usage);
    EXPECT_TRUE(has(sample("gen_ai_client_token_usage_sum", R"(,gen_ai_token_type="input")", "0")));
}

TEST_F(MetricsOfCalls, AreUtf8WhateverAModelIsCalled) {
    finish(chat_with("a\xff"), 1s);
    EXPECT_NE(metrics.prometheus_text().find("gen_ai_request_model=\"a\xEF\xBF\xBD\""),
              std::string::npos);
}

TEST_F(MetricsOfCalls, WriteWhateverAModelIsCalled) {
    finish(chat_with("a\"b\\c\nd"), 1s);
    EXPECT_NE(metrics.prometheus_text().find(R"(gen_ai_request_model="a\"b\\c\nd")"),
              std::string::npos);
}

TEST_F(MetricsOfCalls, CountThoseOfAllThreads) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([this] {
            for (int j = 0; j < 250; ++j) {
                finish(chat, 1s);
                if (j % 50 == 0) (void)metrics.prometheus_text();
            }
        });
    }
    threads.clear();
    EXPECT_TRUE(has(sample("gen_ai_client_operation_duration_seconds_count", "", "1000")));
    EXPECT_TRUE(has(sample_of_calls("cloud_backend_calls_in_flight", "", "0")));
}

TEST(MetricsOptions, WhoseBoundariesDoNotRiseAreRefused) {
    EXPECT_THROW(MetricsHooks({.duration_buckets = {1, 1}}), ConfigError);
    EXPECT_THROW(MetricsHooks({.token_buckets = {2, 1}}), ConfigError);
    EXPECT_THROW(MetricsHooks({.token_buckets = {std::nan("")}}), ConfigError);
    EXPECT_THROW(MetricsHooks({.token_buckets = {1, HUGE_VAL}}), ConfigError);
}

TEST(HooksOfMetrics, MayOutliveThem) {
    const Hooks hooks = MetricsHooks().hooks();
    hooks.on_call_started(chat);
    hooks.on_call_finished(chat, {{}, CallMetadata{}});
}

}  // namespace
}  // namespace cloud_backend::test
