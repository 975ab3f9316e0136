#include "queued_backend.hpp"
#include "scripted_backend.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/model_router.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests go to the backend of their model. SPEC F6.
namespace cloud_backend::test {
namespace {

/// Answers with the model it was asked for, and remembers what it was given.
struct FakeBackend final : ChatBackend {
    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options) override {
        last_request = &request;
        asked_models.push_back(request.model);
        deadline = options.deadline;
        return {.model = request.model};
    }
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options) override {
        (void)on_chunk(ChatChunk{.id = "piece", .model = request.model});
        return chat_completion(request, options);
    }

    std::optional<ErrorDetails> unavailable(std::string_view model) const override {
        model_looked_at = model;
        return refusal;
    }

    std::optional<ErrorDetails> refusal{};
    mutable std::string model_looked_at{};
    const ChatRequest* last_request = nullptr;
    std::vector<std::string> asked_models{};
    decltype(CallOptions::deadline) deadline{};
};

using Asked = std::vector<std::string>;

class Router : public ::testing::Test {
protected:
    std::shared_ptr<FakeBackend> cloud = std::make_shared<FakeBackend>();
    std::shared_ptr<FakeBackend> local = std::make_shared<FakeBackend>();
    ModelRoutes routes{{{ModelPattern::prefix("gpt-"), "cloud"},
                        {ModelPattern::regex("llama.*"), "local", "llama3"}}};
    ModelRouter::Backends backends{{"cloud", cloud}, {"local", local}};

    std::string complaint() const {
        try {
            const ModelRouter router(routes, backends);
            return "no complaint";
        } catch (const ConfigError& error) {
            return error.what();
        }
    }
};

TEST_F(Router, IsUnavailableForTheModelsWhoseBackendIs) {  // F1
    local->refusal = ErrorDetails{.code = ErrorCode::circuit_open};
    const ModelRouter router(routes, backends);
    EXPECT_FALSE(router.unavailable("gpt-4o"));
    EXPECT_EQ(router.unavailable("llama2")->code, ErrorCode::circuit_open);
    EXPECT_EQ(local->model_looked_at, "llama3");
    EXPECT_EQ(router.unavailable("claude")->code, ErrorCode::not_found);
}

TEST_F(Router, SaysWhenTheDefaultBackendAnswered) {  // F6
    ModelRouter router(routes, backends, std::make_shared<FakeBackend>());
    EXPECT_EQ(router.chat_completion({.model = "claude"}).metadata.backend, "default");
    backends["default"] = local;
    EXPECT_THROW(ModelRouter(routes, backends, local), ConfigError);
}

TEST_F(Router, NamesARouterWithinIt) {  // F6
    const auto inner = std::make_shared<ModelRouter>(routes, backends);
    ModelRouter outer(ModelRoutes{{{ModelPattern::prefix("gpt-"), "inner"}}}, {{"inner", inner}});
    EXPECT_EQ(outer.chat_completion({.model = "gpt-4o"}).metadata.backend, "inner/cloud");
}

TEST_F(Router, AsksTheBackendOfTheModel) {  // F6
    ModelRouter router(routes, backends);
    const auto answer = router.chat_completion({.model = "gpt-4o"});
    EXPECT_EQ(answer.model, "gpt-4o");
    EXPECT_EQ(answer.metadata.backend, "cloud");
    EXPECT_EQ(answer.metadata.model, "gpt-4o");
    EXPECT_EQ(cloud->asked_models, Asked{"gpt-4o"});
    EXPECT_EQ(local->asked_models, Asked{});
}

TEST_F(Router, AsksForTheModelOfTheRoute) {  // F6
    ModelRouter router(routes, backends);
    const ChatRequest request{.model = "llama3.2:1b", .messages = {Message::user("ping")}};
    EXPECT_EQ(router.chat_completion(request).model, "llama3");
    EXPECT_EQ(local->asked_models, Asked{"llama3"});
    EXPECT_EQ(request.model, "llama3.2:1b");
}

TEST_F(Router, CopiesARequestOnlyToChangeItsModel) {
    ModelRouter router(routes, backends);
    const ChatRequest unchanged{.model = "gpt-4o"};
    router.chat_completion(unchanged);
    EXPECT_EQ(cloud->last_request, &unchanged);
    const ChatRequest renamed{.model = "llama"};
    router.chat_completion(renamed);
    EXPECT_NE(local->last_request, &renamed);
}

TEST_F(Router, StreamsFromTheBackendOfTheModel) {  // F6
    ModelRouter router(routes, backends);
    std::string seen;
    const auto answer = router.chat_completion({.model = "llama3.2"}, [&](const ChatChunk& chunk) {
        seen += chunk.id + " of " + chunk.model;
    });
    EXPECT_EQ(seen, "piece of llama3");
    EXPECT_EQ(answer.model, "llama3");
    EXPECT_EQ(cloud->asked_models, Asked{});
}

TEST_F(Router, HandsTheOptionsOn) {
    using namespace std::chrono_literals;
    ModelRouter router(routes, backends);
    router.chat_completion({.model = "gpt-4o"}, {.deadline = 7s});
    EXPECT_EQ(cloud->deadline, 7s);
    router.chat_completion({.model = "llama"}, [](const ChatChunk&) {}, {.deadline = 8s});
    EXPECT_EQ(local->deadline, 8s);
}

TEST_F(Router, WithoutARouteItIsNotFoundAndNothingIsSent) {
    ModelRouter router(routes, backends);
    try {
        router.chat_completion({.model = "o1\n" + std::string(1000, 'x')});
        FAIL();
    } catch (const NotFoundError& error) {
        EXPECT_EQ(std::string(error.what()),
                  "no route for model \"o1\\n" + std::string(121, 'x') + "...\"");
        EXPECT_FALSE(error.retryable());
        EXPECT_TRUE(error.attempts().empty());
    }
    EXPECT_THROW(router.chat_completion({.model = ""}, [](const ChatChunk&) {}), NotFoundError);
    EXPECT_EQ(cloud->asked_models, Asked{});
    EXPECT_EQ(local->asked_models, Asked{});
}

TEST_F(Router, WithoutARouteTheDefaultBackendIsAskedForTheModelAsItIs) {
    const auto other = std::make_shared<FakeBackend>();
    ModelRouter router(routes, backends, other);
    router.chat_completion({.model = "o1"});
    router.chat_completion({.model = "o3"}, [](const ChatChunk&) {});
    router.chat_completion({.model = "gpt-4o"});
    EXPECT_EQ(other->asked_models, (Asked{"o1", "o3"}));
    EXPECT_EQ(cloud->asked_models, Asked{"gpt-4o"});
}

TEST_F(Router, TheExceptionsOfABackendPassUnchanged) {
    struct Failing final : ChatBackend {
        ChatCompletion chat_completion(const ChatRequest&, const CallOptions&) override {
            throw std::domain_error("mine");
        }
        ChatCompletion chat_completion(const ChatRequest&, const ChunkCallback&,
                                       const CallOptions&) override {
            throw std::domain_error("mine");
        }
    };
    backends["cloud"] = std::make_shared<Failing>();
    ModelRouter router(routes, backends);
    EXPECT_THROW(router.chat_completion({.model = "gpt-4o"}), std::domain_error);
}

TEST_F(Router, MayBeABackendOfAnother) {
    const auto inner = std::make_shared<ModelRouter>(routes, backends);
    ModelRouter outer(ModelRoutes({{ModelPattern::regex(".*"), "inner"}}), {{"inner", inner}});
    outer.chat_completion({.model = "llama"});
    EXPECT_EQ(local->asked_models, Asked{"llama3"});
}

TEST_F(Router, ACallbackMayDestroyIt) {
    auto router = std::make_unique<ModelRouter>(routes, std::exchange(backends, {}));
    const std::weak_ptr<FakeBackend> backend = std::exchange(local, nullptr);
    const auto answer =
        router->chat_completion({.model = "llama"}, [&](const ChatChunk&) { router.reset(); });
    EXPECT_EQ(answer.model, "llama3");
    EXPECT_TRUE(backend.expired());
}

// --- asynchronous calls -------------------------------------------------------------------------

TEST_F(Router, AnAsynchronousCallGoesToTheBackendOfTheModel) {  // F6
    using namespace std::chrono_literals;
    CallQueue queue;
    backends["local"] = std::make_shared<QueuedBackend>(queue, local);
    ModelRouter router(routes, backends);
    std::string seen;
    const ChunkCallback take = [&](const ChatChunk& chunk) { seen += chunk.id; };
    const auto streamed = run_async(router, queue, {.model = "llama2"}, &take, {.deadline = 7s});
    EXPECT_EQ(seen, "piece");
    EXPECT_EQ(streamed.model, "llama3");
    EXPECT_EQ(streamed.metadata.backend, "local");
    EXPECT_EQ(streamed.metadata.model, "llama3");
    EXPECT_EQ(local->deadline, 7s);
    EXPECT_EQ(run_async(router, queue, {.model = "llama"}, nullptr).metadata.backend, "local");
    EXPECT_EQ(local->asked_models, (Asked{"llama3", "llama3"}));
}

TEST_F(Router, WithoutARouteAnAsynchronousCallIsThrown) {
    ModelRouter router(routes, backends);
    const auto fail = [](auto&&) { ADD_FAILURE() << "a handler was called"; };
    EXPECT_THROW(router.chat_completion_async({.model = "o1"}, {.on_done = fail, .on_error = fail}),
                 NotFoundError);
}

TEST_F(Router, TheErrorsOfAsynchronousCallsPassUnchanged) {
    CallQueue queue;
    const auto failing = std::make_shared<ScriptedBackend>(
        [](const ChunkCallback&) -> ChatCompletion { throw std::domain_error("mine"); });
    backends["cloud"] = std::make_shared<QueuedBackend>(queue, failing);
    ModelRouter router(routes, backends);
    EXPECT_THROW(run_async(router, queue, {.model = "gpt-4o"}, nullptr), std::domain_error);
}

TEST_F(Router, AHandlerMayDestroyItWhichCancelsItsCalls) {
    CallQueue queue;
    const auto asked = std::make_shared<ScriptedBackend>([](const ChunkCallback& on_chunk) {
        (void)on_chunk(content_chunk_of("one"));
        return completion_of("one");
    });
    auto behind_it = std::make_shared<QueuedBackend>(queue, asked);
    const std::weak_ptr<ChatBackend> watched = behind_it;
    auto router = std::make_unique<ModelRouter>(
        ModelRoutes{{{ModelPattern::prefix("gpt-"), "cloud"}}},
        ModelRouter::Backends{{"cloud", std::exchange(behind_it, nullptr)}});
    bool is_done = false;
    const CallHandle call = router->chat_completion_async(
        {.model = "gpt-4o"}, {.on_chunk =
                                  [&](const ChatChunk&) {
                                      router.reset();
                                      EXPECT_TRUE(asked->asked_with.at(0).stop.stop_requested());
                                      EXPECT_FALSE(watched.expired());
                                  },
                              .on_done = [&](const ChatCompletion&) { is_done = true; }});
    queue.run_all();
    EXPECT_TRUE(is_done);
    EXPECT_TRUE(call.done());
    EXPECT_TRUE(watched.expired());
}

// --- construction -------------------------------------------------------------------------------

TEST_F(Router, RefusesABackendThatIsNull) {
    backends["spare"] = nullptr;
    EXPECT_EQ(complaint(), R"(the backend "spare" is null)");
}

TEST_F(Router, RefusesARouteToABackendThatIsNotThere) {
    backends.erase("local");
    EXPECT_EQ(complaint(), R"(the route for "llama.*" leads to an unknown backend, "local")");
}

TEST_F(Router, NeedsNoRouteToABackend) {
    backends["spare"] = std::make_shared<FakeBackend>();
    EXPECT_EQ(complaint(), "no complaint");
}

TEST_F(Router, TellsItsRoutes) {
    const ModelRouter router(routes, backends);
    ASSERT_NE(router.routes().find("llama"), nullptr);
    EXPECT_EQ(router.routes().find("llama")->backend, "local");
}

}  // namespace
}  // namespace cloud_backend::test
