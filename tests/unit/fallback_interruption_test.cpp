#include "../support/call_fixture.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

// What a router makes of calls that end while something is held back (SPEC F3), and of what a
// failed backend takes for delivered.
namespace cloud_backend::test {
namespace {

ChatChunk chunk_with_role() {
    ChatChunk chunk{.id = "a"};
    chunk.choices.push_back({.delta = {.role = Role::assistant}});
    return chunk;
}

ChatChunk chunk_with_content(std::string text) {
    ChatChunk chunk{.id = "a"};
    chunk.choices.push_back({.delta = {.content = std::move(text)}});
    return chunk;
}

class FallbackInterruption : public ::testing::Test {
protected:
    std::stop_source stop{};
    std::size_t delivered = 0;
    FallbackOptions router_options{};
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};

    static FallbackBackend backend(std::string name, CallableBackend::Stream function) {
        return {.name = std::move(name),
                .backend = std::make_shared<CallableBackend>(std::move(function))};
    }
    /// Gives the role twice, then a word.
    static FallbackBackend speaker() {
        return backend("speaker",
                       [](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
                           if (on_chunk(chunk_with_role()) && on_chunk(chunk_with_role()))
                               (void)on_chunk(chunk_with_content("x"));
                       });
    }
    /// Fails after the role.
    static FallbackBackend failing() {
        return backend("failing",
                       [](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
                           (void)on_chunk(chunk_with_role());
                           throw std::runtime_error("out of memory");
                       });
    }

    ChatCompletion stream(std::vector<FallbackBackend> backends, const ChunkCallback& on_chunk) {
        FallbackRouter router(std::move(backends), router_options);
        return router.chat_completion(request, on_chunk, {.stop = stop.get_token()});
    }
};

TEST_F(FallbackInterruption, ACompletionThatWasStoppedHoldsWhatWasDelivered) {
    const auto answer = stream({speaker()}, [&](const ChatChunk&) { return ++delivered < 2; });
    EXPECT_EQ(delivered, 2u);
    EXPECT_EQ(answer.content(), "");
    EXPECT_EQ(answer.choices.size(), 1u);
    EXPECT_EQ(answer.metadata.backend, "speaker");
}

/// Goes on whatever it is told.
class DeafBackend final : public ChatBackend {
public:
    ChatCompletion chat_completion(const ChatRequest&, const CallOptions&) override { return {}; }
    ChatCompletion chat_completion(const ChatRequest&, const ChunkCallback& on_chunk,
                                   const CallOptions&) override {
        for (int i = 0; i < 3; ++i) (void)on_chunk(chunk_with_content("x"));
        return {};
    }
};

TEST_F(FallbackInterruption, ABackendThatGoesOnAfterAStopIsNotHeard) {
    stream({{.name = "deaf", .backend = std::make_shared<DeafBackend>()}},
           [&](const ChatChunk&) { return ++delivered < 2; });
    EXPECT_EQ(delivered, 2u);
}

TEST_F(FallbackInterruption, ACompletionThatWasStoppedAtItsEndIsTheBackends) {
    const auto whole = [](const ChatRequest&, const CallOptions&) {
        return ChatCompletion{.id = "a", .raw = RawJson::parse_text(R"({"id":"a"})")};
    };
    const FallbackBackend local{
        .name = "local",
        .backend = std::make_shared<CallableBackend>(CallableBackend::Complete(whole))};
    const auto answer = stream({local}, [](const ChatChunk&) { return false; });
    EXPECT_EQ(answer.raw.text(), R"({"id":"a"})");
}

TEST_F(FallbackInterruption, NothingHeldBackIsDeliveredAfterACancel) {  // T1
    const auto error = error_of<CancelledError>([&] {
        stream({speaker(), failing()}, [&](const ChatChunk&) {
            ++delivered;
            stop.request_stop();
        });
    });
    EXPECT_EQ(delivered, 1u);
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "");
}

TEST_F(FallbackInterruption, WhatAFailedBackendGaveInVainIsNoPartialCompletion) {
    bool predicate_saw_partial = false;
    router_options.should_fall_back = [&](const ErrorDetails& error) {
        predicate_saw_partial |= error.partial != nullptr;
        return true;
    };
    const auto error = error_of<AllBackendsFailedError>(
        [&] { stream({failing()}, [&](const ChatChunk&) { ++delivered; }); });
    EXPECT_EQ(delivered, 0u);
    EXPECT_FALSE(predicate_saw_partial);
    EXPECT_EQ(error.failures().at(0).error->partial, nullptr);
}

TEST_F(FallbackInterruption, AFunctionIsNotCalledOnceTheCallIsCancelled) {  // F2
    router_options.on_decision = [&](const FallbackDecision&) { stop.request_stop(); };
    bool called = false;
    const auto function = [&](const ChatRequest&, const ChunkCallback&, const CallOptions&) {
        called = true;
    };
    EXPECT_THROW(stream({backend("local", function)}, [](const ChatChunk&) {}), CancelledError);
    EXPECT_FALSE(called);
}

}  // namespace
}  // namespace cloud_backend::test
