#include "../support/backend_fixture.hpp"
#include "../support/stored_gzip.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

// A long stream that is pulled: all of it is more than sockets hold, half of it need not be.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using namespace std::chrono_literals;

constexpr std::size_t many = 20'000;

std::vector<std::string> numbered_events() {
    const std::string filling(1'000, 'x');
    std::vector<std::string> events;
    for (std::size_t i = 0; i < many; ++i) {
        events.push_back(content_chunk(std::to_string(i) + ' ' + filling));
    }
    events.push_back(chunk_json("{}", R"("stop")"));
    return with_done(std::move(events));
}

Answer gzipped(const std::vector<std::string>& events) {
    constexpr std::size_t piece = 5'000;
    std::string text;
    for (const std::string& event : events) text += "data: " + event + "\n\n";
    const std::string body = stored_gzip(text);
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < body.size(); at += piece)
        pieces.push_back(body.substr(at, piece));
    return Answer::chunked(pieces,
                           {{"Content-Type", "text/event-stream"}, {"Content-Encoding", "gzip"}});
}

class PulledStream : public ::testing::Test {
protected:
    /// The connection ends with the answer, and not before all of it has left.
    [[nodiscard]] bool server_is_done(std::chrono::milliseconds limit) const {
        return server.wait_until([this] { return server.open_connections() == 0; }, limit);
    }
    void read_slowly(const Answer& answer) {
        server.enqueue(answer.then_close());
        ChatStream pulled = create_openai_backend(quick_options(server.url()))->stream(ask());
        auto chunk = pulled.begin();
        EXPECT_FALSE(server_is_done(200ms));
        for (std::size_t i = 0; i < many; ++i, ++chunk) {
            ASSERT_TRUE(chunk != ChatStream::end());
            ASSERT_TRUE(chunk->content().starts_with(std::to_string(i) + ' ')) << i;
        }
        EXPECT_EQ(pulled.completion().finish_reason(), "stop");
        EXPECT_TRUE(server_is_done(10s));
    }

    EmbeddedServer server{};
};

TEST_F(PulledStream, HoldsUpTheServerWhileNobodyReads) {
    read_slowly(Answer::stream(numbered_events()));
}

TEST_F(PulledStream, HoldsUpTheServerWhileNobodyReadsWhatIsCompressed) {
    read_slowly(gzipped(numbered_events()));
}

TEST_F(PulledStream, OneAfterTheOtherUsesOneConnection) {  // T10
    const auto backend = create_openai_backend(quick_options(server.url()));
    for (int i = 0; i < 3; ++i) {
        server.enqueue(Answer::stream(numbered_events()));
        std::size_t chunks = 0;
        ChatStream pulled = backend->stream(ask());
        for ([[maybe_unused]] const ChatChunk& chunk : pulled) ++chunks;
        EXPECT_EQ(chunks, many + 1);
        EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");  // The stream lives on.
    }
    EXPECT_EQ(server.connection_count(), 1U);
}

}  // namespace
}  // namespace cloud_backend::test
