#include "cancel_scenarios.hpp"

#include "backend_fixture.hpp"
#include "slow_lookup.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <atomic>
#include <functional>
#include <semaphore>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace cloud_backend::test {

namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using std::chrono::nanoseconds;

ClientOptions patient_options(const std::string& url) {
    auto options = quick_options(url);
    options.timeouts = {.connect = 5min, .first_byte = 5min, .idle = 5min};
    return options;
}

/// Calls, waits for `in_phase`, cancels, and measures until the call has ended.
nanoseconds time_to_cancel(
    const ClientOptions& options, const std::function<void()>& in_phase,
    const ChunkCallback& on_chunk = [](const ChatChunk&) {}) {
    const auto backend = create_openai_backend(options);
    std::stop_source stop;
    std::atomic<Clock::time_point> ended{};
    std::atomic<bool> cancelled = false;
    std::jthread caller([&] {
        try {
            (void)backend->chat_completion(ask(), on_chunk, {.stop = stop.get_token()});
        } catch (const CancelledError&) {
            cancelled = true;
        } catch (const Error&) {  // Judged by `cancelled`.
        }
        ended = Clock::now();
    });
    in_phase();
    const auto asked = Clock::now();
    stop.request_stop();
    caller.join();
    if (!cancelled) throw std::runtime_error("the call ended otherwise than cancelled");
    return ended.load() - asked;
}

nanoseconds in_connect() {
    const embedded_server::HangingPort port;
    auto options = patient_options(port.url());
    std::binary_semaphore connecting(0);
    options.log_level = LogLevel::trace;
    options.log = [&](LogLevel, std::string_view line) {  // libcurl tells when it connects.
        if (line.find("Trying") != std::string_view::npos) connecting.release();
    };
    return time_to_cancel(options, [&] { connecting.acquire(); });
}

nanoseconds in_name_lookup() {
    const SlowLookup lookup;
    return time_to_cancel(patient_options("https://" + std::string(slow_host)),
                          [] { SlowLookup::wait_until_asked(); });
}

nanoseconds in_wait_for_headers() {
    EmbeddedServer server;
    server.enqueue(Answer::bytes("").then_stall());
    return time_to_cancel(patient_options(server.url()), [&] {
        (void)server.wait_until([&] { return server.request_count() == 1; });
    });
}

nanoseconds in_mid_stream() {
    EmbeddedServer server;
    const auto answer = Answer::stream({content_chunk("one"), content_chunk("two")});
    server.enqueue(answer.cut_after(answer.wire().find("two")).then_stall());
    std::binary_semaphore delivered(0);
    return time_to_cancel(
        patient_options(server.url()), [&] { delivered.acquire(); },
        [&](const ChatChunk&) { delivered.release(); });
}

nanoseconds in_backoff() {
    EmbeddedServer server;
    server.enqueue(Answer::status(503, {{"Retry-After", "50"}}));
    std::binary_semaphore waiting(0);
    auto options = patient_options(server.url());
    options.hooks.on_retry = [&](const CallInfo&, const AttemptInfo&) { waiting.release(); };
    return time_to_cancel(options, [&] { waiting.acquire(); });
}

}  // namespace

std::vector<CancelScenario> cancel_scenarios() {
    return {{"connect", in_connect},
            {"name lookup", in_name_lookup},
            {"wait for headers", in_wait_for_headers},
            {"mid-stream", in_mid_stream},
            {"backoff", in_backoff}};
}

}  // namespace cloud_backend::test
