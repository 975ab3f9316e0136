#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace cloud_backend {
namespace {

template <class F>
concept Callback = std::is_constructible_v<ChunkCallback, F>;

TEST(ChunkCallback, TakesExactlyVoidOrBool) {
    static_assert(Callback<decltype([](const ChatChunk&) {})>);
    static_assert(Callback<decltype([](const ChatChunk&) { return true; })>);
    static_assert(!Callback<decltype([](const ChatChunk&) { return std::size_t{1}; })>);
    static_assert(
        !Callback<decltype([](const ChatChunk&) { return std::fwrite("", 1, 0, stdout); })>);
    static_assert(!Callback<decltype([](int) {})>);
    static_assert(!std::is_default_constructible_v<ChunkCallback>);
    EXPECT_TRUE(ChunkCallback([](const ChatChunk&) {})(ChatChunk{}));
    EXPECT_FALSE(ChunkCallback([](const ChatChunk&) { return false; })(ChatChunk{}));
}

TEST(ChunkCallback, PassesTheChunkAndTheExceptionOn) {  // T7
    ChatChunk chunk;
    chunk.id = "1";
    std::string seen;
    EXPECT_TRUE(ChunkCallback([&](const ChatChunk& given) { seen = given.id; })(chunk));
    EXPECT_EQ(seen, "1");
    const ChunkCallback thrower([](const ChatChunk&) { throw std::domain_error("mine"); });
    EXPECT_THROW((void)thrower(chunk), std::domain_error);
}

TEST(ChunkCallback, RefusesToBeEmpty) {
    EXPECT_THROW(ChunkCallback(std::function<void(const ChatChunk&)>()), ConfigError);
    EXPECT_THROW(ChunkCallback(std::function<bool(const ChatChunk&)>()), ConfigError);
    EXPECT_THROW(ChunkCallback(std::function<void(ChatChunk)>()), ConfigError);
    void (*none)(const ChatChunk&) = nullptr;
    EXPECT_THROW(ChunkCallback{none}, ConfigError);
}

TEST(ChunkCallback, KeepsItsOwnState) {
    const ChunkCallback once([left = 1](const ChatChunk&) mutable { return left-- > 0; });
    EXPECT_TRUE(once(ChatChunk{}));
    EXPECT_FALSE(once(ChatChunk{}));
}

}  // namespace
}  // namespace cloud_backend
