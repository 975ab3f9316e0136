#include "contestant.hpp"
#include "stamp.hpp"
#include "typical_answer.hpp"

#include <cloud_backend/openai.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::benchmarks {

namespace {

ChatRequest request() {
    return {.model = "gpt-4o-mini", .messages = {Message::user("ping")}};
}

/// Counts what comes of one stream.
class ChunkCounter {
public:
    ChunkCounter(Delivery& delivery, Timed timed) : delivery_(delivery), timed_(timed) {}

    void count(const ChatChunk& chunk) {
        constexpr std::string_view around_data = "data: \n\n";
        const bool is_first = !std::exchange(begun_, true);
        if (is_first) delivery_.body_bytes += last_event.size();
        if (is_first || timed_ == Timed::every_chunk) {
            delivery_.delays.push_back(time_since(chunk.id.substr(chunk.id.size() - stamp_bytes)));
        }
        delivery_.body_bytes += chunk.raw.text().size() + around_data.size();
        delivery_.text_bytes += chunk.content().size();
        ++delivery_.chunks;
    }

private:
    Delivery& delivery_;
    Timed timed_;
    bool begun_ = false;
};

class SynchronousClient final : public Client {
public:
    explicit SynchronousClient(const Load& load)
        : load_(load),
          backend_(create_openai_backend({.base_url = load.url, .api_key = "sk-none"})) {}

    Delivery run() override {
        Delivery delivery;
        for (std::size_t i = 0; i < load_.calls; ++i) {
            if (load_.streamed) {
                ChunkCounter counter(delivery, load_.timed);
                backend_->chat_completion(request_,
                                          [&](const ChatChunk& chunk) { counter.count(chunk); });
            } else {
                delivery.body_bytes += backend_->chat_completion(request_).raw.text().size();
            }
        }
        return delivery;
    }

private:
    Load load_;
    std::unique_ptr<OpenAICloudBackend> backend_;
    ChatRequest request_ = request();
};

class PulledClient final : public Client {
public:
    explicit PulledClient(const Load& load)
        : load_(load),
          backend_(create_openai_backend({.base_url = load.url, .api_key = "sk-none"})) {}

    Delivery run() override {
        Delivery delivery;
        for (std::size_t i = 0; i < load_.calls; ++i) {
            ChunkCounter counter(delivery, load_.timed);
            ChatStream stream = backend_->stream(request_);
            for (const ChatChunk& chunk : stream) counter.count(chunk);
            (void)stream.completion();
        }
        return delivery;
    }

private:
    Load load_;
    std::unique_ptr<OpenAICloudBackend> backend_;
    ChatRequest request_ = request();
};

class AsynchronousClient final : public Client {
public:
    explicit AsynchronousClient(const Load& load)
        : load_(load),
          backend_(create_openai_backend({.base_url = load.url,
                                          .api_key = "sk-none",
                                          .async = {.max_in_flight = load.at_once}})) {}

    Delivery run() override {
        delivery_ = {};
        failure_ = nullptr;
        std::vector<CallHandle> calls;
        for (std::size_t i = 0; i < load_.calls; ++i) calls.push_back(start());
        for (const CallHandle& call : calls) call.wait();
        if (failure_) std::rethrow_exception(failure_);
        return std::move(delivery_);
    }

private:
    CallHandle start() {
        CallHandlers handlers{
            .on_done =
                [this](const ChatCompletion& answer) {
                    if (!load_.streamed) delivery_.body_bytes += answer.raw.text().size();
                },
            .on_error = [this](std::exception_ptr thrown) { failure_ = std::move(thrown); }};
        if (load_.streamed) {
            handlers.on_chunk = [counter = std::make_shared<ChunkCounter>(delivery_, load_.timed)](
                                    const ChatChunk& chunk) { counter->count(chunk); };
        }
        return backend_->chat_completion_async(request_, std::move(handlers));
    }

    Load load_;
    std::unique_ptr<OpenAICloudBackend> backend_;
    ChatRequest request_ = request();
    Delivery delivery_{};  ///< Of the thread that drives the calls, until they are done.
    std::exception_ptr failure_{};
};

template <class AnyClient>
Contestant contestant(const char* name) {
    return {.name = name, .connect = [](const Load& load) -> std::unique_ptr<Client> {
                return std::make_unique<AnyClient>(load);
            }};
}

}  // namespace

Contestant synchronous_library() {
    return contestant<SynchronousClient>("the library, synchronous");
}

Contestant pulled_library() {
    return contestant<PulledClient>("the library, pulled");
}

Contestant asynchronous_library() {
    return contestant<AsynchronousClient>("the library, asynchronous");
}

}  // namespace cloud_backend::benchmarks
