#include "chat/lent_chunk.hpp"

#include "chat/json_document.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <thread>
#include <variant>

namespace cloud_backend::detail {
namespace {

constexpr std::size_t small_event = 300;
constexpr std::size_t large_event = std::size_t{1} << 20;

/// Says who had it, in the chunk that is lent.
void leave_mark(const std::string& mark) {
    const LentChunk lent(small_event);
    (*lent).id = mark;
}

std::string mark_found() {
    const LentChunk lent(small_event);
    return (*lent).id;
}

TEST(LentChunk, StreamsOfAThreadUseOneInTurn) {
    leave_mark("first");
    EXPECT_EQ(mark_found(), "first");
}

TEST(LentChunk, WhileOneIsLentAnotherIs) {
    leave_mark("outer");
    const LentChunk lent(small_event);
    EXPECT_EQ(mark_found(), "");
    EXPECT_EQ((*lent).id, "outer");
}

TEST(LentChunk, EachThreadHasItsOwn) {
    leave_mark("here");
    std::string found_there = "none";
    std::thread([&] { found_there = mark_found(); }).join();
    EXPECT_EQ(found_there, "");
    EXPECT_EQ(mark_found(), "here");
}

/// Reads an event when the thread ends, and its own objects are gone already.
struct ReadsAtTheEnd {
    bool* was_read = nullptr;
    ~ReadsAtTheEnd() {
        if (was_read == nullptr) return;
        const LentChunk lent(small_event);
        JsonDocument document;
        *was_read = (*lent).id.empty() &&
                    std::holds_alternative<simdjson::dom::element>(document.parse("[1]"));
    }
};

TEST(LentChunk, AndAParserAreThereAlsoWhenTheThreadEnds) {
    bool was_read = false;
    std::thread([&] {
        thread_local ReadsAtTheEnd last;  // Made first, it goes last.
        last.was_read = &was_read;
        leave_mark("gone");
        (void)JsonDocument().parse("[1]");
    }).join();
    EXPECT_TRUE(was_read);
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

/// T8 bounds an event's bytes, but empty elements are much larger in memory.
TEST(LentChunk, OneWithRoomForManyElementsIsNotKept) {
    constexpr std::size_t many = 1'000;
    for (const auto grow : {+[](ChatChunk& chunk) { chunk.choices.resize(many); },
                            +[](ChatChunk& chunk) {
                                chunk.choices.resize(1);
                                chunk.choices[0].delta.tool_calls.resize(many);
                            },
                            +[](ChatChunk& chunk) {
                                chunk.choices.resize(1);
                                chunk.choices[0].delta.parts.resize(many);
                            }}) {
        {
            const LentChunk lent(small_event);
            grow(*lent);
            (*lent).id = "grown";
        }
        EXPECT_EQ(mark_found(), "");
    }
}

}  // namespace
}  // namespace cloud_backend::detail
