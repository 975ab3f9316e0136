#include "../support/backend_fixture.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

// Lists of models over sockets: the one request that is no POST.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

class ModelList : public ::testing::Test {
protected:
    static std::vector<std::string> ids(const std::vector<ModelInfo>& models) {
        std::vector<std::string> ids;
        for (const auto& model : models) ids.push_back(model.id);
        return ids;
    }

    EmbeddedServer server{};
    ClientOptions options = quick_options(server.url());
    const Answer two_models = Answer::json(200, R"({"data":[{"id":"b"},{"id":"a"}]})");
    const std::vector<std::string> their_ids{"b", "a"};
};

TEST_F(ModelList, IsAskedForWithAGet) {
    server.enqueue(two_models);
    EXPECT_EQ(ids(create_openai_backend(options)->list_models()), their_ids);
    const auto request = server.requests().at(0);
    EXPECT_EQ(request.method + " " + request.target, "GET /v1/models");
    EXPECT_EQ(request.body, "");
    EXPECT_EQ(request.header("Authorization"), "Bearer sk-test-key");
    EXPECT_EQ(request.header("Accept"), "application/json");
    for (const char* name : {"Content-Type", "Content-Length", "Transfer-Encoding", "Expect"}) {
        EXPECT_EQ(request.header(name), "") << name;
    }
}

TEST_F(ModelList, OfAnthropicIsAskedForWithAGet) {
    server.enqueue(two_models);
    EXPECT_EQ(ids(create_anthropic_backend(options)->list_models()), their_ids);
    const auto request = server.requests().at(0);
    EXPECT_EQ(request.method + " " + request.target, "GET /v1/models?limit=1000");
    EXPECT_EQ(request.header("x-api-key"), "sk-test-key");
}

TEST_F(ModelList, IsAskedForAgainAfterAFailure) {  // R1
    server.enqueue(Answer::json(503, R"({"error":{"message":"loading"}})"));
    server.enqueue(two_models);
    EXPECT_EQ(ids(create_openai_backend(options)->list_models()), their_ids);
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[1].method, "GET");
}

TEST_F(ModelList, SharesTheConnectionOfChats) {  // T10
    const auto backend = create_openai_backend(options);
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
    server.enqueue(two_models);
    EXPECT_EQ(ids(backend->list_models()), their_ids);
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
    server.enqueue(Answer::chunked({R"({"data":[)", R"({"id":"c"}]})"}));
    EXPECT_EQ(ids(backend->list_models()), std::vector<std::string>{"c"});
    EXPECT_EQ(server.connection_count(), 1U);
    std::string methods;
    for (const auto& request : server.requests()) methods += request.method + ' ';
    EXPECT_EQ(methods, "POST GET POST GET ");
}

TEST_F(ModelList, SentOnADeadConnectionIsCountedAsOneAttempt) {  // T2
    const auto backend = create_openai_backend(options);
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
    server.enqueue(two_models.cut_after(0));
    server.enqueue(two_models);
    EXPECT_EQ(ids(backend->list_models()), their_ids);
    EXPECT_EQ(server.request_count(), 3U);

    options.retry.max_retries = 0;
    const auto single = create_openai_backend(options);
    EXPECT_EQ(single->chat_completion(ask()).content(), "pong");
    server.enqueue(two_models.cut_after(0));
    EXPECT_THROW((void)single->list_models(), ConnectionError);
    EXPECT_EQ(server.request_count(), 5U) << "libcurl must not send it again unseen";
}

}  // namespace
}  // namespace cloud_backend::test
