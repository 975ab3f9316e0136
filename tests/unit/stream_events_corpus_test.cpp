#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "corpus_test.hpp"
#include "told_stream.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <variant>

// The events of recorded streams tell what the completion says.
namespace cloud_backend::detail {
namespace {

class StreamEventsCorpus : public test::CorpusTest {};

TEST_F(StreamEventsCorpus, TellTheWholeCompletion) {
    std::size_t calls = 0;
    for (const auto& recorded : cases_of("stream")) {
        SCOPED_TRACE(recorded.file + ": " + recorded.name);
        test::ToldStream told;
        StreamEvents events(told.handlers());
        const ChunkCallback on_chunk(std::ref(events));
        ChatStreamReader reader(on_chunk, {},
                                std::make_unique<ChunkDecoder>(LimitOptions{}.json_depth));
        reader.begin({.status = recorded.status, .headers = recorded.headers});
        auto reading = reader.on_body(recorded.body);
        if (std::holds_alternative<NeedMore>(reading)) reading = reader.on_end();
        ASSERT_TRUE(std::holds_alternative<Complete>(reading));
        events.finish();
        const auto completion = reader.take();
        expect_same(told, completion);
        for (const auto& choice : completion.choices) calls += choice.message.tool_calls.size();
    }
    EXPECT_GT(calls, 0u);
}

}  // namespace
}  // namespace cloud_backend::detail
