#include "simulated_transport.hpp"

#include "coroutine.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::simulation {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds network_delay{1};  // One way; a refusal takes as long as an acceptance.
constexpr milliseconds word_time{10};
constexpr std::array<std::string_view, 4> more_words{" says", " one", " two", " three"};

struct Piece {
    milliseconds after{};
    std::string bytes{};
};
using Pieces = std::vector<Piece>;

std::string event(std::string_view delta, std::string_view finish_reason) {
    return fmt::format(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
        "\"choices\":[{{\"index\":0,\"delta\":{},\"finish_reason\":{}}}]}}\n\n",
        delta, finish_reason);
}

std::string content_event(std::string_view word) {
    return event(fmt::format(R"({{"content":"{}"}})", word), "null");
}

Pieces streamed_answer(const std::string& name) {
    Pieces pieces{{milliseconds(0), event(R"({"role":"assistant","content":""})", "null")},
                  {word_time, content_event(name)}};
    for (const std::string_view word : more_words) {
        pieces.push_back({word_time, content_event(word)});
    }
    pieces.push_back({word_time, event("{}", R"("stop")") + "data: [DONE]\n\n"});
    return pieces;
}

/// Takes as long as the streamed one.
Pieces whole_answer(std::string_view words) {
    return {
        {word_time * (2 + more_words.size()),
         fmt::format(R"({{"id":"c","object":"chat.completion","created":1,"model":"m",)"
                     R"("choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},)"
                     R"("finish_reason":"stop"}}]}})",
                     words)}};
}

bool asks_for_stream(const HttpRequest& request) {
    const std::string* accept = find_header(request.headers, "accept");
    return accept != nullptr && *accept == "text/event-stream";
}

}  // namespace

/// Carries one transfer at a time.
class SimulatedTransport::Loop final : public TransferLoop {
public:
    explicit Loop(SimulatedTransport& network) : network_(network) {}
    ~Loop() override { abort(0); }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    TransferId start(const HttpRequest& request, TransferEvents& events) override {
        network_.observer_.on_request(request);
        transfer_ = std::make_shared<Transfer>(Transfer{request, events});
        after(network_delay, &Loop::connect);
        return 0;
    }

    void abort(TransferId) noexcept override { transfer_.reset(); }

    void run_once(TimePoint until) override {
        Coroutine& coroutine = Coroutine::current();
        coroutine_ = &coroutine;
        const bool forever = until == TimePoint::max();
        const auto timer = forever ? EventQueue::EventId{}
                                   : network_.events_.at(until, [&] { coroutine.resume(); });
        coroutine.pause();
        network_.events_.cancel(timer);
        if (auto step = std::exchange(due_, nullptr)) step();
    }

    /// Nobody cancels here.
    void wake() noexcept override {}

private:
    struct Transfer {
        const HttpRequest& request;
        TransferEvents& events;
        Pieces pieces{};
        std::size_t sent = 0;  ///< Of the pieces.
    };

    /// Something happens to the transfer that is under way now, unless it is over by then. While
    /// it is under way its call waits in `run_once`.
    template <class Step>
    auto for_this_transfer(Step step) {
        return [this, of = std::weak_ptr(transfer_), step](auto... arguments) {
            if (!of.expired()) step(*this, arguments...);
        };
    }

    template <class Step>
    void after(Duration delay, Step step) {
        network_.events_.after(delay, for_this_transfer([step](Loop& loop) {
                                   loop.due_ = [&loop, step] { (loop.*step)(); };
                                   loop.coroutine_->resume();
                               }));
    }

    void connect() {
        if (!network_.outage_.reachable) return;
        if (!network_.server_.listening()) return fail(TransferFault::not_sent);
        transfer_->events.on_sent(ConnectionUse::fresh);
        network_.server_.accept(for_this_transfer([](Loop& loop, Answer answer) {
            loop.after(network_delay, answer == Answer::completion    ? &Loop::begin_answer
                                      : answer == Answer::unavailable ? &Loop::receive_unavailable
                                                                      : &Loop::lose_connection);
        }));
    }

    void receive_unavailable() {
        ResponseHead head{.status = 503, .framed = true};
        if (const auto wait = network_.outage_.retry_after) {
            head.headers.push_back({"Retry-After", std::to_string(wait->count())});
        }
        transfer_->events.on_header_bytes();
        (void)transfer_->events.on_head(std::move(head));
        finish(std::nullopt);
    }

    void begin_answer() {
        const bool streamed = asks_for_stream(transfer_->request);
        transfer_->pieces =
            streamed ? streamed_answer(network_.name_) : whole_answer(network_.words());
        transfer_->events.on_header_bytes();
        (void)transfer_->events.on_head(
            {.status = 200,
             .headers = {{"Content-Type", streamed ? "text/event-stream" : "application/json"}},
             .framed = true});
        after_next_piece();
    }

    void after_next_piece() {
        after(transfer_->pieces[transfer_->sent].after, &Loop::receive_piece);
    }

    void receive_piece() {
        if (!network_.server_.listening()) return lose_connection();
        if (network_.silent()) return;
        const std::string& bytes = transfer_->pieces[transfer_->sent++].bytes;
        const bool is_last = transfer_->sent == transfer_->pieces.size();
        if (is_last) network_.observer_.on_answer(transfer_->request);
        if (transfer_->events.on_body(bytes) == Flow::stop) return transfer_.reset();
        if (is_last) return finish(std::nullopt);
        after_next_piece();
    }

    void lose_connection() { fail(TransferFault::interrupted); }

    void fail(TransferFault fault) { finish(TransferFailure{.fault = fault}); }

    void finish(std::optional<TransferFailure> failure) {
        std::exchange(transfer_, nullptr)->events.on_finished(std::move(failure));
    }

    SimulatedTransport& network_;
    Coroutine* coroutine_ = nullptr;  ///< Waits in `run_once`.
    std::shared_ptr<Transfer> transfer_{};
    std::function<void()> due_{};
};

SimulatedTransport::SimulatedTransport(EventQueue& events, const RandomSource& random,
                                       std::string name, Observer observer)
    : events_(events),
      name_(std::move(name)),
      observer_(std::move(observer)),
      server_(events, {.capacity = 10'000}, random) {}

std::unique_ptr<TransferLoop> SimulatedTransport::open_loop() {
    return std::make_unique<Loop>(*this);
}

void SimulatedTransport::become(const Outage& outage) {
    outage_ = outage;
    server_.become(outage.condition);
}

std::string SimulatedTransport::words() const {
    std::string words = name_;
    for (const std::string_view word : more_words) words += word;
    return words;
}

}  // namespace cloud_backend::simulation
