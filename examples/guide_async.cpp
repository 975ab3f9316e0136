// Many calls at once on one thread of the client, and one that is cancelled.
#include <cloud_backend/cloud_backend.hpp>

#include <chat_answers.hpp>
#include <embedded_server.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

namespace cb = cloud_backend;
using namespace std::chrono_literals;

cb::ChatRequest question(const std::string& text) {
    return {.model = "gpt-4o-mini", .messages = {cb::Message::user(text)}};
}

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server(
        {.handler = embedded_server::chat_service({.token_delay = 1ms})});

    //! [many]
    std::atomic<int> answered = 0;  // What the client's handlers use outlives it.
    std::atomic<int> failed = 0;
    std::atomic<bool> cancelled = false;
    const auto backend = cb::create_openai_backend(
        {.base_url = server.url(), .api_key = "any", .async = {.max_in_flight = 50}});
    std::vector<cb::CallHandle> calls(200);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        calls[i] = backend->chat_completion_async(
            question("number " + std::to_string(i)),
            {.on_chunk = [](const cb::ChatChunk& /*chunk*/) {},  // Without it: a plain answer.
             .on_done = [&](const cb::ChatCompletion& /*answer*/) { ++answered; },
             .on_error = [&](const std::exception_ptr& /*error*/) { ++failed; }});
    }
    for (const cb::CallHandle& call : calls) call.wait();
    std::cout << answered << " answered, " << failed << " failed\n";
    //! [many]

    //! [cancel]
    const cb::CallHandle call = backend->chat_completion_async(
        question("a long one"), {.on_error = [&](const std::exception_ptr& error) {
            try {
                std::rethrow_exception(error);
            } catch (const cb::CancelledError&) {
                cancelled = true;
            } catch (const std::exception& other) {
                std::cerr << other.what() << '\n';
            }
        }});
    call.cancel();  // From any thread.
    call.wait();
    //! [cancel]
    std::cout << (cancelled ? "cancelled\n" : "answered before\n");
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
