#include "fallback_world.hpp"

#include "call_fixture.hpp"
#include "scripted_answer.hpp"

#include <chrono>
#include <utility>

namespace cloud_backend::test {

namespace {

using std::chrono::milliseconds;

/// The model that a request's body names.
std::string model_in(std::string_view body) {
    constexpr std::string_view key = R"("model":")";
    const auto begin = body.find(key);
    if (begin == std::string_view::npos) return {};
    body.remove_prefix(begin + key.size());
    return std::string(body.substr(0, body.find('"')));
}

/// The network as one service sees it: each of its attempts meets its next script.
class ScriptedLoop final : public TransferLoop {
public:
    ScriptedLoop(FallbackWorld& world, const BackendScript& script, std::string name)
        : world_(world),
          script_(script),
          name_(std::move(name)),
          loop_(world.network().open_loop()) {}

    TransferId start(const HttpRequest& request, TransferEvents& events) override {
        const auto asked = world_.ask(name_, script_, model_in(request.body));
        const bool streamed = *find_header(request.headers, "accept") == "text/event-stream";
        world_.network().expect(exchange_of(world_.asked(asked).script, world_.asked(asked).chunks,
                                            streamed, [this, asked] { world_.note_given(asked); }));
        return loop_->start(request, events);
    }
    void abort(TransferId transfer) noexcept override { loop_->abort(transfer); }
    void run_once(TimePoint until) override { loop_->run_once(until); }
    void wake() noexcept override { loop_->wake(); }

private:
    FallbackWorld& world_;
    const BackendScript& script_;
    const std::string name_;
    std::unique_ptr<TransferLoop> loop_;
};

class ScriptedTransport final : public HttpTransport {
public:
    ScriptedTransport(FallbackWorld& world, const BackendScript& script, std::string name)
        : world_(world), script_(script), name_(std::move(name)) {}

    std::unique_ptr<TransferLoop> open_loop() override {
        return std::make_unique<ScriptedLoop>(world_, script_, name_);
    }
    TimePoint now() const noexcept override { return world_.network().now(); }

private:
    FallbackWorld& world_;
    const BackendScript& script_;
    const std::string name_;
};

/// A function that streams, or completes, as scripted.
class ScriptedFunction {
public:
    ScriptedFunction(FallbackWorld& world, const BackendScript& script, std::string name)
        : world_(world), script_(script), name_(std::move(name)) {}

    void operator()(const ChatRequest& request, const ChunkCallback& on_chunk,
                    const CallOptions&) const {
        const auto asked = world_.ask(name_, script_, request.model);
        const Asked script = world_.asked(asked);
        for (const ChatChunk& chunk : script.chunks) {
            world_.pass(script.script.pause);
            if (!on_chunk(chunk)) return;
            world_.note_given(asked);
        }
        world_.pass(script.script.pause);
        fail_as_scripted(script.script);
    }
    ChatCompletion operator()(const ChatRequest& request, const CallOptions&) const {
        const Asked& asked = world_.asked(world_.ask(name_, script_, request.model));
        world_.pass(asked.script.pause);
        fail_as_scripted(asked.script);
        return accumulated(asked.chunks);
    }

private:
    FallbackWorld& world_;
    const BackendScript& script_;
    std::string name_;
};

/// Says of a backend that it is unavailable.
class UnavailableBackend final : public ChatBackend {
public:
    explicit UnavailableBackend(std::shared_ptr<ChatBackend> backend)
        : backend_(std::move(backend)) {}

    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options) override {
        return backend_->chat_completion(request, options);
    }
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options) override {
        return backend_->chat_completion(request, on_chunk, options);
    }
    std::optional<ErrorDetails> unavailable(std::string_view) const override {
        return ErrorDetails{.code = ErrorCode::backend, .message = "it is not loaded"};
    }

private:
    std::shared_ptr<ChatBackend> backend_;
};

}  // namespace

// --- making it ----------------------------------------------------------------------------------

FallbackWorld::FallbackWorld(const FallbackScript& script, CallForm form)
    : script_(script), form_(form), router_(make_router(script_.backends, "")) {}

std::shared_ptr<FallbackRouter> FallbackWorld::make_router(
    const std::vector<BackendScript>& scripts, const std::string& name) {
    const std::string prefix = name.empty() ? "b" : name + ".";
    FallbackOptions options{
        .on_decision = [this,
                        name](const FallbackDecision& decision) { on_decision(name, decision); },
        .now = [this] { return network_->now(); }};
    return std::make_shared<FallbackRouter>(make_backends(scripts, prefix), std::move(options));
}

std::vector<FallbackBackend> FallbackWorld::make_backends(const std::vector<BackendScript>& scripts,
                                                          const std::string& prefix) {
    std::vector<FallbackBackend> backends;
    for (const BackendScript& script : scripts) {
        const std::string name = prefix + std::to_string(backends.size());
        auto backend = make(script, name);
        backends_.emplace(name, backend);
        backends.push_back({.name = name, .backend = std::move(backend), .model = "m-" + name});
    }
    return backends;
}

std::shared_ptr<ChatBackend> FallbackWorld::make(const BackendScript& script,
                                                 const std::string& name) {
    const auto now = [this] { return network_->now(); };
    std::shared_ptr<ChatBackend> backend;
    switch (script.kind) {
        case BackendKind::router:
            return make_router(script.backends, name);
        case BackendKind::service:
            backend = make_service(script, name);
            break;
        case BackendKind::streaming_function:
            backend = std::make_shared<CallableBackend>(
                CallableBackend::Stream(ScriptedFunction(*this, script, name)), now);
            break;
        case BackendKind::completing_function:
            backend = std::make_shared<CallableBackend>(
                CallableBackend::Complete(ScriptedFunction(*this, script, name)), now);
            break;
    }
    if (script.unavailable && script.kind != BackendKind::service) {
        backend = std::make_shared<UnavailableBackend>(std::move(backend));
    }
    if (form_ == CallForm::blocking) return backend;
    return std::make_shared<QueuedBackend>(queue_, std::move(backend));
}

std::shared_ptr<ChatBackend> FallbackWorld::make_service(const BackendScript& script,
                                                         const std::string& name) {
    ClientOptions options = fake_options(network_);
    options.transport = std::make_shared<ScriptedTransport>(*this, script, name);
    options.timeouts = {.first_byte = milliseconds(3'000), .idle = milliseconds(2'000)};
    options.retry.max_retries = script_.max_retries;
    options.breaker.fail_max = script_.fail_max;
    std::shared_ptr<OpenAICloudBackend> backend = create_openai_backend(std::move(options));
    if (script.unavailable) backend->health()->breaker().isolate();
    return backend;
}

// --- a call -------------------------------------------------------------------------------------

CallRecord FallbackWorld::run(const CallScript& call) {
    const CallOptions options = begin(call);
    try {
        record_.outcome = ask_router(call.streamed, options);
    } catch (const CallbackException& exception) {
        record_.outcome = exception;
    } catch (const Error& error) {
        record_.outcome = error;
    }
    record_.ended = network_->now();
    record_.posts = network_->requests.size() - record_.posts;
    return std::move(record_);
}

ChatCompletion FallbackWorld::ask_router(bool streamed, const CallOptions& options) {
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};
    const ChunkCallback take = [this](const ChatChunk& chunk) { return on_chunk(chunk); };
    if (form_ == CallForm::asynchronous) {
        return run_async(*router_, queue_, request, streamed ? &take : nullptr, options);
    }
    return streamed ? router_->chat_completion(request, take, options)
                    : router_->chat_completion(request, options);
}

CallOptions FallbackWorld::begin(const CallScript& call) {
    stop_ = {};
    steps_ = 0;
    record_ = {.script = call, .posts = network_->requests.size(), .started = network_->now()};
    if (call.cancel_after) {
        network_->at(network_->now() + *call.cancel_after, [this] { cancel_if_due(); });
    }
    if (call.cancel_at_step == 0) cancel();
    return {.stop = stop_.get_token(), .deadline = call.deadline};
}

bool FallbackWorld::on_chunk(const ChatChunk& chunk) {
    const std::size_t at = record_.delivered.size();
    record_.delivered.push_back({chunk, step()});
    if (at != record_.script.at_chunk) return true;
    switch (record_.script.callback_end) {
        case CallbackEnd::none:
            break;
        case CallbackEnd::stops:
            record_.stopped_at = steps_;
            return false;
        case CallbackEnd::throws:
            record_.threw_at = steps_;
            throw CallbackException{steps_};
        case CallbackEnd::cancels:
            cancel();
    }
    return true;
}

void FallbackWorld::on_decision(const std::string& router, const FallbackDecision& decision) {
    const ErrorDetails* error = decision.error;
    const auto backend = backends_.find(decision.backend);
    record_.told.push_back({.router = router,
                            .kind = decision.kind,
                            .backend = std::string(decision.backend),
                            .unavailable = backend->second->unavailable({}).has_value(),
                            .delivered = record_.delivered.size(),
                            .time = network_->now()});
    Told& told = record_.told.back();
    if (error != nullptr) {
        told.error = error->code;
        told.status = error->api.status;
        told.has_partial = error->partial != nullptr;
    }
    told.step = step();
}

std::size_t FallbackWorld::ask(const std::string& backend, const BackendScript& script,
                               std::string_view model) {
    const std::size_t time = times_asked_[backend]++;
    const AnswerScript& answer = script.answers.at(std::min(time, script.answers.size() - 1));
    record_.asked.push_back({.backend = backend,
                             .kind = script.kind,
                             .script = answer,
                             .chunks = chunks_of(answer, backend + ':' + std::to_string(time)),
                             .model = std::string(model),
                             .step = step(),
                             .time = network_->now()});
    return record_.asked.size() - 1;
}

void FallbackWorld::note_given(std::size_t asked) {
    ++record_.asked.at(asked).given;
    step();
}

std::size_t FallbackWorld::step() {
    ++steps_;
    if (record_.script.cancel_at_step == steps_) cancel();
    return steps_;
}

void FallbackWorld::pass(Duration duration) {
    network_->advance(duration);
    cancel_if_due();
    step();
}

void FallbackWorld::cancel() {
    if (!record_.cancelled_at) record_.cancelled_at = steps_;
    stop_.request_stop();
}

void FallbackWorld::cancel_if_due() {
    const auto& after = record_.script.cancel_after;
    if (after && network_->now() >= record_.started + *after) cancel();
}

}  // namespace cloud_backend::test
