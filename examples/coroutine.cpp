// Coroutines: each asks twice, one after the other, all of them at once, on one thread.
#include <cloud_backend/awaitable.hpp>
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <coroutine>
#include <future>
#include <iostream>
#include <string>
#include <vector>

namespace cb = cloud_backend;

namespace {

/// The least that makes a coroutine: it runs at once, and its end can be waited for. A program of
/// yours has a better one, of its framework.
struct Task {
    // NOLINTBEGIN(readability-identifier-naming,readability-convert-member-functions-to-static)
    struct promise_type {
        Task get_return_object() { return {end.get_future()}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_value(std::string text) { end.set_value(std::move(text)); }
        void unhandled_exception() { end.set_exception(std::current_exception()); }

        std::promise<std::string> end{};
    };
    // NOLINTEND(readability-identifier-naming,readability-convert-member-functions-to-static)

    std::future<std::string> end{};
};

cb::ChatRequest question(const std::string& text) {
    return {.model = "gpt-4o-mini", .messages = {cb::Message::user(text)}};
}

//! [talk]
/// The second question depends on the first answer.
Task talk(cb::ChatBackend& backend, std::string opening) {
    const cb::ChatCompletion first = co_await cb::async(backend, question(opening));
    std::string said;
    const cb::ChunkCallback listen = [&said](const cb::ChatChunk& chunk) {
        said += chunk.content();
    };
    const cb::ChatCompletion second =
        co_await cb::async(backend, question("You said: " + std::string(first.content())), listen);
    co_return said + " [" + std::string(second.finish_reason()) + ']';
}
//! [talk]

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server;
    const auto backend = cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});
    std::vector<Task> talks;
    for (const char* opening : {"ping", "hello"}) talks.push_back(talk(*backend, opening));
    for (Task& task : talks) std::cout << task.end.get() << '\n';
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
