#include "../support/backend_fixture.hpp"

#include <cloud_backend/azure.hpp>
#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <utility>

// A deployment over sockets.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

class AzureServer : public ::testing::Test {
protected:
    std::unique_ptr<AzureCloudBackend> backend() const {
        ClientOptions options = quick_options(ClientOptions{}.base_url);
        return create_azure_backend(
            {.deployment = "d", .api_version = "2024-10-21", .endpoint = server.url()},
            std::move(options));
    }

    EmbeddedServer server{};
};

TEST_F(AzureServer, IsSentItsKeyInItsOwnHeader) {
    server.enqueue(Answer::stream(with_done(three_word_events())));
    EXPECT_EQ(backend()->chat_completion(ask(), [](const ChatChunk&) {}).content(),
              "one two three");
    const auto request = server.requests().at(0);
    EXPECT_EQ(request.target, "/openai/deployments/d/chat/completions?api-version=2024-10-21");
    EXPECT_EQ(request.header("api-key"), "sk-test-key");
    EXPECT_EQ(request.header("Authorization"), "");
}

TEST_F(AzureServer, CannotSendTheKeyElsewhere) {  // T6
    const EmbeddedServer elsewhere;
    for (const int status : {301, 302, 307, 308}) {
        server.enqueue(Answer::status(status, {{"Location", elsewhere.url() + "/openai"}}));
        try {
            (void)backend()->chat_completion(ask());
            FAIL() << "a redirection is no answer";
        } catch (const ApiError& error) {
            EXPECT_EQ(error.status(), status);
        }
    }
    EXPECT_EQ(server.request_count(), 4U);
    EXPECT_EQ(elsewhere.connection_count(), 0U);
}

}  // namespace
}  // namespace cloud_backend::test
