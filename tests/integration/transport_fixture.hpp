#pragma once

#include "../support/call_form.hpp"
#include "embedded_server.hpp"
#include "http/curl_transport.hpp"
#include "request_reader.hpp"
#include "socket.hpp"

#include <cloud_backend/transport.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::test {

using detail::CurlTransportOptions;
using detail::Log;
using detail::make_curl_transport;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::HangingPort;
using embedded_server::RefusingPort;
using embedded_server::RequestReader;
using embedded_server::Socket;
using namespace std::chrono_literals;

inline std::shared_ptr<HttpTransport> make_transport(CurlTransportOptions options = {}) {
    return make_curl_transport(std::move(options),
                               Log([](LogLevel, std::string_view) {}, LogLevel::off));
}

/// The kind of loop that the form of calls asks for (call_form.hpp).
inline std::unique_ptr<TransferLoop> open_loop_of(HttpTransport& transport) {
    return calls_are_asynchronous() ? transport.open_loop_for_many() : transport.open_loop();
}

inline HttpRequest request_to(const std::string& base_url) {
    return {
        .url = base_url + "/v1/chat/completions",
        .headers = {{"Authorization", "Bearer sk-canary"}, {"Content-Type", "application/json"}},
        .body = R"({"model":"m"})",
        .secret = "sk-canary"};
}

/// Keeps what a transfer said, and does what the test wants inside its events.
class Recorder final : public TransferEvents {
public:
    void on_sent(ConnectionUse use) override {
        names.emplace_back("sent");
        connection = use;
        if (inside_sent) inside_sent();
    }
    void on_header_bytes() override {
        if (names.back() != "header") names.emplace_back("header");
        if (inside_header) inside_header();
    }
    Flow on_head(ResponseHead received) override {
        names.emplace_back("head");
        head = std::move(received);
        return inside_head ? inside_head() : Flow::proceed;
    }
    Flow on_body(std::string_view bytes) override {
        if (names.back() != "body") names.emplace_back("body");
        body += bytes;
        return inside_body ? inside_body() : Flow::proceed;
    }
    void on_finished(std::optional<TransferFailure> received) override {
        names.emplace_back("finished");
        failure_ = std::move(received);
        if (inside_finished) inside_finished();
    }

    [[nodiscard]] bool finished() const { return has("finished"); }
    [[nodiscard]] bool succeeded() const { return finished() && !failure_; }
    [[nodiscard]] bool has(std::string_view name) const {
        return std::ranges::find(names, name) != names.end();
    }
    /// Of a transfer that has failed.
    [[nodiscard]] const TransferFailure& failure() const { return failure_.value(); }

    std::vector<std::string> names{};
    ResponseHead head{};
    std::string body{};
    std::optional<ConnectionUse> connection{};
    std::function<void()> inside_sent{};
    std::function<void()> inside_header{};
    std::function<Flow()> inside_head{};
    std::function<Flow()> inside_body{};
    std::function<void()> inside_finished{};

private:
    std::optional<TransferFailure> failure_{};
};

using Names = std::vector<std::string>;

[[nodiscard]] inline bool run_until(TransferLoop& loop, const std::function<bool()>& done,
                                    std::chrono::milliseconds limit = 10s) {
    const TimePoint deadline = Clock::now() + limit;
    while (!done() && Clock::now() < deadline) loop.run_once(deadline);
    return done();
}

/// For what must not come.
inline void run_for(TransferLoop& loop, std::chrono::milliseconds time) {
    EXPECT_FALSE(run_until(
        loop, [] { return false; }, time));
}

inline void finish(TransferLoop& loop, const Recorder& events) {
    ASSERT_TRUE(run_until(loop, [&] { return events.finished(); }));
}

/// Makes one request from beginning to end.
inline Recorder exchange(TransferLoop& loop, const HttpRequest& request) {
    Recorder events;
    loop.start(request, events);
    finish(loop, events);
    return events;
}

inline Recorder exchange(const HttpRequest& request, CurlTransportOptions options = {}) {
    return exchange(*open_loop_of(*make_transport(std::move(options))), request);
}

class TransportTest : public testing::Test {
protected:
    /// Starts a request that the server has received and will never answer.
    TransferLoop::TransferId start_unanswered(TransferLoop& loop, Recorder& events) {
        const std::size_t expected = server_.request_count() + 1;
        server_.enqueue(Answer::bytes("").then_stall());
        const auto id = loop.start(request_, events);
        EXPECT_TRUE(run_until(loop, [&] { return events.has("sent"); }));
        EXPECT_TRUE(server_.wait_until([&] { return server_.request_count() == expected; }));
        return id;
    }

    std::shared_ptr<HttpTransport> transport_ = make_transport();
    EmbeddedServer server_{{.handler = [](const auto&) { return Answer::json(200, "{}"); }}};
    std::unique_ptr<TransferLoop> loop_ = open_loop_of(*transport_);
    const HttpRequest request_ = request_to(server_.url());
};

}  // namespace cloud_backend::test
