#include "backend_fixture.hpp"
#include "corpus_outcome.hpp"
#include "corpus_replay_wire.hpp"
#include "corpus_test.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <string_view>

// Recorded answers of many servers, sent again over a socket and read through the public API.
namespace cloud_backend::test {
namespace {

using embedded_server::EmbeddedServer;
using nlohmann::json;

json ask_plainly(ChatBackend& backend) {
    try {
        return outcome_of(backend.chat_completion(ask()), 0);
    } catch (const Error& error) {
        return outcome_of(error.details(), 0);
    }
}

json ask_for_stream(ChatBackend& backend) {
    std::size_t chunks = 0;
    ChatAccumulator delivered;
    const auto on_chunk = [&](const ChatChunk& chunk) {
        ++chunks;
        EXPECT_EQ(delivered.add(chunk), ChatAccumulator::Status::ok);
    };
    try {
        const auto completion = backend.chat_completion(ask(), on_chunk);
        EXPECT_EQ(completion.metadata.malformed_chunks, 0U);
        const json outcome = outcome_of(completion, chunks);
        EXPECT_EQ(first_difference(outcome_of(delivered.completion(), chunks), outcome), "");
        return outcome;
    } catch (const Error& error) {
        return outcome_of(error.details(), chunks);
    }
}

using Asking = json (*)(ChatBackend& backend);

/// The cases of one kind, asked for and sent in one way.
struct Replay {
    const char* name;
    std::string_view kind;
    Asking asked;
    WireForm sent;
};

void PrintTo(const Replay& replay, std::ostream* out) {
    *out << replay.name;
}

json expected_of(const Replay& replay, const CorpusCase& recorded) {
    json outcome = expected_outcome(recorded);
    // E3: a document in answer to a request for a stream is delivered as one chunk.
    if (replay.kind == "json" && replay.asked == ask_for_stream) outcome["chunks"] = 1;
    return outcome;
}

class CorpusReplay : public CorpusTest, public testing::WithParamInterface<Replay> {
protected:
    [[nodiscard]] ClientOptions options() const {
        ClientOptions options = quick_options(server.url());
        options.retry.max_retries = 0;
        options.breaker.fail_max = std::numeric_limits<int>::max();
        return options;
    }

    EmbeddedServer server{{.keep_requests = false}};
};

TEST_P(CorpusReplay, ReadsAsRecorded) {
    const auto seed = std::random_device{}();
    Random random(seed);
    const auto backend = create_openai_backend(options());
    const auto cases = cases_of(GetParam().kind);
    EXPECT_FALSE(cases.empty());
    for (const auto& recorded : cases) {
        server.enqueue(GetParam().sent(recorded, random));
        const json outcome = GetParam().asked(*backend);
        EXPECT_EQ(first_difference(expected_of(GetParam(), recorded), outcome), "")
            << recorded.file << ": " << recorded.name << ", seed " << seed
            << ", error: " << outcome.value("error", json());
    }
    EXPECT_EQ(server.connection_count(), 1U);         // T10
    EXPECT_EQ(server.request_count(), cases.size());  // T2
}

INSTANTIATE_TEST_SUITE_P(
    , CorpusReplay,
    testing::Values(Replay{"StreamsAsRecorded", "stream", ask_for_stream, as_recorded},
                    Replay{"StreamsInSevens", "stream", ask_for_stream, in_sevens},
                    Replay{"StreamsCutAtRandom", "stream", ask_for_stream, cut_at_random},
                    Replay{"StreamsWithCr", "stream", ask_for_stream, with_cr},
                    Replay{"StreamsWithCrLf", "stream", ask_for_stream, with_crlf},
                    Replay{"StreamsWithComments", "stream", ask_for_stream, with_comments},
                    Replay{"StreamsGzipped", "stream", ask_for_stream, gzipped},
                    Replay{"DocumentsAsRecorded", "json", ask_plainly, as_recorded},
                    Replay{"DocumentsInSevens", "json", ask_plainly, in_sevens},
                    Replay{"DocumentsGzipped", "json", ask_plainly, gzipped},
                    Replay{"DocumentsForStreams", "json", ask_for_stream, as_recorded},
                    Replay{"ErrorsAsRecorded", "error", ask_plainly, as_recorded},
                    Replay{"ErrorsForStreams", "error", ask_for_stream, as_recorded}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace cloud_backend::test
