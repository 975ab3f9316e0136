#include "../support/call_fixture.hpp"
#include "attempt.hpp"
#include "call.hpp"
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"

#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

// SPEC T1: what has arrived already is not delivered once the caller has cancelled.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

TEST(Cancel, IsSeenBeforeEachPieceThatTheTransportHasBuffered) {
    const TimePoint now{1h};
    CircuitBreaker breaker{CircuitBreakerOptions{}};
    detail::CallClock clock([&] { return now; }, std::nullopt);
    const RetryOptions retry{};
    std::stop_source stop;
    LineReader reader;
    detail::Attempt attempt({.retry = retry, .stop = stop.get_token()},
                            std::get<CircuitBreaker::Permit>(breaker.acquire(now, 1min)), clock,
                            reader);
    attempt.on_sent(ConnectionUse::fresh);
    attempt.on_header_bytes();
    attempt.on_head({.status = 200});
    EXPECT_EQ(attempt.on_body("a\n"), Flow::proceed);
    stop.request_stop();
    EXPECT_EQ(attempt.on_body("b\n"), Flow::stop);
    EXPECT_EQ(reader.lines.size(), 1u);
    const auto result = attempt.take_result();
    EXPECT_EQ(std::get<detail::AttemptFailure>(result).details.code, ErrorCode::cancelled);
}

TEST(Cancel, IsSeenBeforeEachChunkOfAPiece) {
    const auto network = std::make_shared<FakeTransport>();
    network->expect(Exchange::answer(200, content_event("one") + content_event("two") +
                                              content_event("three") + "data: [DONE]\n\n"));
    std::stop_source stop;
    std::string text;
    const auto error = error_of<CancelledError>([&] {
        create_openai_backend(fake_options(network))
            ->chat_completion({.model = "m"},
                              [&](const ChatChunk& chunk) {
                                  text += chunk.content();
                                  if (text == "onetwo") stop.request_stop();
                              },
                              {.stop = stop.get_token()});
    });
    EXPECT_EQ(text, "onetwo");
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "onetwo");
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::ended_by_caller);
}

TEST(Cancel, IsSeenBeforeADocumentInPlaceOfAStreamIsDelivered) {  // E3
    std::stop_source stop;
    const ChunkCallback on_chunk([](const ChatChunk&) { ADD_FAILURE(); });
    detail::ChatStreamReader reader(
        on_chunk, {.stop = stop.get_token()},
        std::make_unique<detail::ChunkDecoder>(LimitOptions{}.json_depth));
    reader.begin({.status = 200});
    (void)reader.on_body(R"({"choices":[{"message":{"content":"whole"}}]})");
    stop.request_stop();
    EXPECT_TRUE(std::holds_alternative<Cancelled>(reader.on_end()));
    EXPECT_FALSE(reader.delivered());
}

TEST(Cancel, InBackoffTheLastAttemptWasEndedByTheCaller) {
    const auto network = std::make_shared<FakeTransport>();
    std::stop_source stop;
    network->expect(Exchange::answer(503, ""));
    network->at(network->now() + 100ms, [&] { stop.request_stop(); });
    LineReader reader;
    const auto error = error_of<CancelledError>([&] {
        TestClient(fake_options(network)).stream("/x", "{}", reader, {.stop = stop.get_token()});
    });
    ASSERT_EQ(error.attempts().size(), 1u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::ended_by_caller);
}

TEST(Cancel, ThatComesWithTheEndOfAnAttemptIsNotSleptOver) {  // R9
    const TimePoint now{1h};
    std::stop_source stop;
    const detail::Credentials credentials("sk-1", true, true);
    EndpointHealth health;
    const Hooks hooks;
    const RandomSource random = [] { return 0.5; };
    const detail::Log log([](LogLevel, std::string_view) {}, LogLevel::off);
    LineReader reader;
    detail::Call call({.credentials = credentials,
                       .stop = stop.get_token(),
                       .health = health,
                       .hooks = hooks,
                       .random = random,
                       .log = log,
                       .now = [&] { return now; }},
                      reader);
    ASSERT_TRUE(std::holds_alternative<detail::StartAttempt>(call.next()));
    call.events().on_sent(ConnectionUse::fresh);
    call.events().on_header_bytes();
    call.events().on_head({.status = 503});
    stop.request_stop();  // The loop is woken, and delivers what follows before it returns.
    call.events().on_finished(std::nullopt);
    EXPECT_TRUE(std::holds_alternative<detail::CallDone>(call.next()));
    EXPECT_THROW((void)call.result(), CancelledError);
}

}  // namespace
}  // namespace cloud_backend::test
