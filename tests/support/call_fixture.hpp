#pragma once

#include "call_form.hpp"
#include "fake_transport.hpp"

#include <cloud_backend/client.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/response_reader.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cloud_backend::test {

/// A client whose protected face tests can use, in either form (call_form.hpp).
class TestClient final : public CloudBackendClient {
public:
    explicit TestClient(ClientOptions options) : CloudBackendClient(std::move(options)) {}
    using CloudBackendClient::start;

    [[nodiscard]] HttpResponse post(std::string_view path, std::string body) const {
        return CloudBackendClient::post({.path = std::string(path), .body = std::move(body)});
    }

    CallMetadata stream(std::string_view path, std::string body, ResponseReader& reader,
                        const CallOptions& options = {}) const {
        const ServiceRequest request{.path = std::string(path), .body = std::move(body)};
        if (!calls_are_asynchronous()) {
            return exchange(request, reader, options);
        }
        const CallSource source(options.stop);
        std::optional<CallResult> result;
        start(
            request, {std::shared_ptr<void>(), &reader},
            [&](CallResult ended) { result = std::move(ended); }, source, options);
        source.handle().wait();
        if (auto* thrown = std::get_if<std::exception_ptr>(&*result)) {
            std::rethrow_exception(*thrown);
        }
        return std::get<CallMetadata>(*std::move(result));
    }
};

/// A chunk with `text`, as an event of a stream.
inline std::string content_event(const std::string& text) {
    return R"(data: {"choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}\n\n";
}

/// The smallest streaming protocol: each line is an event, "." ends the answer, a line "!STATUS" is
/// an error inside the stream, "#" nothing at all.
class LineReader final : public ResponseReader {
public:
    explicit LineReader(std::function<void(const std::string&)> on_line = {})
        : on_line_(std::move(on_line)) {}

    std::string_view accept() const override { return "text/lines"; }
    void begin(const ResponseHead&) override {
        pending_.clear();
        events_ = 0;
        complete_ = false;
    }
    Reading on_body(std::string_view bytes) override {
        pending_ += bytes;
        for (std::size_t end = 0; (end = pending_.find('\n')) != std::string::npos;) {
            const std::string line = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            if (line == "#") continue;
            if (line == ".") {
                complete_ = true;
                return Complete{};
            }
            if (line.starts_with("!")) {
                return ErrorDetails{.code = ErrorCode::stream,
                                    .message = "in band",
                                    .api = {.status = std::stoi(line.substr(1))}};
            }
            ++events_;
            report_event();
            lines.push_back(line);
            if (on_line_) on_line_(line);
        }
        return NeedMore{};
    }
    Reading on_end() override {
        if (complete_ || pending_ == ".") return Complete{};
        return ErrorDetails{.code = ErrorCode::stream_truncated,
                            .message = "cut",
                            .retryable = lines.empty(),
                            .events_seen = events_};
    }
    Reading on_cut() override { return on_end(); }
    bool delivered() const override { return !lines.empty(); }

    std::vector<std::string> lines{};  ///< Delivered, over all attempts.

private:
    std::function<void(const std::string&)> on_line_;
    std::string pending_{};
    std::size_t events_ = 0;
    bool complete_ = false;
};

/// Options for a client on a fake network; every draw of chance is 0.5.
inline ClientOptions fake_options(const std::shared_ptr<FakeTransport>& transport) {
    return {.base_url = "https://api.test",
            .api_key = "sk-test-key",
            .log = [](LogLevel, std::string_view) {},
            .transport = transport,
            .random = [] { return 0.5; }};
}

/// The error a call ends with; fails by throwing something else when it ends well.
template <class ErrorType = Error, class Run>
ErrorType error_of(Run&& run) {
    try {
        run();
    } catch (const ErrorType& error) {
        return error;
    }
    throw std::logic_error("the call ended well");
}

}  // namespace cloud_backend::test
