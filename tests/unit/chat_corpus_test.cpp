#include "chat/api_error.hpp"
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "corpus_outcome.hpp"
#include "corpus_test.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

// Recorded answers of many servers, read as they came, without a socket.
namespace cloud_backend::detail {

namespace {

using test::expected_outcome;
using test::first_difference;
using test::outcome_of;

class ChatCorpus : public test::CorpusTest {};

TEST_F(ChatCorpus, StreamsReadAsRecorded) {
    const auto streams = cases_of("stream");
    EXPECT_FALSE(streams.empty());
    for (const auto& recorded : streams) {
        SCOPED_TRACE(recorded.file + ": " + recorded.name);
        std::string delivered;
        const ChunkCallback on_chunk([&](const ChatChunk& chunk) { delivered += chunk.content(); });
        ChatStreamReader reader(on_chunk, {},
                                std::make_unique<ChunkDecoder>(LimitOptions{}.json_depth));
        reader.begin({.status = recorded.status, .headers = recorded.headers});
        auto reading = reader.on_body(recorded.body);
        if (std::holds_alternative<NeedMore>(reading)) reading = reader.on_end();
        EXPECT_TRUE(std::holds_alternative<Complete>(reading));
        EXPECT_EQ(reader.malformed_chunks(), 0U);
        const auto chunks = reader.events_seen();
        const auto completion = reader.take();
        EXPECT_EQ(first_difference(expected_outcome(recorded), outcome_of(completion, chunks)), "");
        if (completion.choices.size() == 1) {
            EXPECT_EQ(delivered, completion.content());
        }
    }
}

TEST_F(ChatCorpus, DocumentsReadAsRecorded) {
    const auto documents = cases_of("json");
    EXPECT_FALSE(documents.empty());
    for (const auto& recorded : documents) {
        SCOPED_TRACE(recorded.file + ": " + recorded.name);
        CompletionReader reader(LimitOptions{},
                                std::make_unique<ChunkDecoder>(LimitOptions{}.json_depth));
        reader.begin({.status = recorded.status, .headers = recorded.headers});
        (void)reader.on_body(recorded.body);
        ASSERT_TRUE(std::holds_alternative<Complete>(reader.on_end()));
        const auto completion = reader.take();
        EXPECT_EQ(first_difference(expected_outcome(recorded), outcome_of(completion, 0)), "");
        EXPECT_EQ(completion.raw.text(), recorded.body);
    }
}

TEST_F(ChatCorpus, ErrorsReadAsRecorded) {
    const auto errors = cases_of("error");
    EXPECT_FALSE(errors.empty());
    for (const auto& recorded : errors) {
        SCOPED_TRACE(recorded.file + ": " + recorded.name);
        const auto error = read_api_error(recorded.status, recorded.headers, recorded.body);
        EXPECT_EQ(first_difference(expected_outcome(recorded), outcome_of(error, 0)), "");
    }
}

/// The list of cases where SPEC wins holds no other.
TEST_F(ChatCorpus, DeparturesFromTheRecordAreSome) {
    for (const char* kind : {"stream", "json", "error"}) {
        for (const auto& recorded : cases_of(kind)) {
            const auto difference =
                first_difference(test::recorded_outcome(recorded), expected_outcome(recorded));
            EXPECT_EQ(!difference.empty(), test::departs_from_record(recorded)) << recorded.name;
        }
    }
}

}  // namespace

}  // namespace cloud_backend::detail
