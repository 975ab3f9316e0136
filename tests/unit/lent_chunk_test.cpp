#include "chat/lent_chunk.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <thread>

namespace cloud_backend::detail {
namespace {

constexpr std::size_t small_event = 300;
constexpr std::size_t large_event = std::size_t{1} << 20;

const ChatChunk* chunk_in_turn() {
    const LentChunk lent(small_event);
    return &*lent;
}

TEST(LentChunk, StreamsOfAThreadUseOneInTurn) {
    EXPECT_EQ(chunk_in_turn(), chunk_in_turn());
}

TEST(LentChunk, WhileOneIsLentOthersAreLentAnother) {
    const LentChunk lent(small_event);
    EXPECT_NE(chunk_in_turn(), &*lent);
    const ChatChunk* of_other_thread = nullptr;
    std::thread([&] { of_other_thread = chunk_in_turn(); }).join();
    EXPECT_NE(of_other_thread, &*lent);
}

TEST(LentChunk, OneThatALargeEventWasReadIntoIsNotKept) {  // S3
    {
        const LentChunk lent(large_event);
        (*lent).id.assign(large_event, 'x');
    }
    const LentChunk lent(small_event);
    EXPECT_LT((*lent).id.capacity(), large_event);
}

TEST(LentChunk, OneThatTellsMuchOfEarlierEventsIsNotKept) {  // S3
    for (const bool of_a_call : {false, true}) {
        {
            const LentChunk lent(small_event);
            (*lent).choices.resize(1);
            Delta& delta = (*lent).choices[0].delta;
            const std::string much(large_event, 'x');
            if (of_a_call) {
                delta.tool_calls.push_back({.arguments = much});
            } else {
                delta.extra = RawJson::trusted('"' + much + '"');
            }
        }
        const LentChunk lent(small_event);
        EXPECT_TRUE((*lent).choices.empty());
    }
}

}  // namespace
}  // namespace cloud_backend::detail
