// Local inference first, a local server next, the cloud last: one object to call. Prints who is
// asked, who fails and why, and who answers.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace cb = cloud_backend;

namespace {

//! [local]
/// Stands in for the program's own inference; this one has no memory left for the model.
void infer_locally(const cb::ChatRequest& request, const cb::ChunkCallback& on_chunk,
                   const cb::CallOptions& /*options*/) {
    if (request.model != "tiny") throw std::runtime_error("not enough memory for " + request.model);
    (void)on_chunk({.choices = {{.delta = {.content = "Pong."}, .finish_reason = "stop"}}});
}
//! [local]

//! [report]
void report(const cb::FallbackDecision& decision) {
    std::cout << "  " << decision.backend << ' ' << to_string(decision.kind);
    if (decision.error != nullptr) std::cout << ": " << decision.error->message;
    std::cout << '\n';
}
//! [report]

/// Of a server that was stopped: nobody listens there.
std::string url_of_stopped_server() {
    return embedded_server::EmbeddedServer().url();
}

void ask(cb::ChatBackend& backend, const std::string& model) {
    std::cout << "asking for " << model << '\n';
    const auto answer =
        backend.chat_completion({.model = model, .messages = {cb::Message::user("ping")}});
    std::cout << answer.metadata.backend << " (" << answer.metadata.model
              << "): " << answer.content() << '\n';
}

}  // namespace

int main() try {
    // Stands in for the cloud, so that this runs anywhere and costs nothing.
    const embedded_server::EmbeddedServer cloud;

    //! [router]
    cb::FallbackRouter router(
        {{.name = "in this process",
          .backend = std::make_shared<cb::CallableBackend>(infer_locally)},
         {.name = "local server",
          .backend = cb::create_openai_backend({.base_url = url_of_stopped_server(),
                                                .require_api_key = false,
                                                .retry = {.max_retries = 0},
                                                .breaker = {.fail_max = 1}})},
         {.name = "cloud",
          .backend = cb::create_openai_backend({.base_url = cloud.url(), .api_key = "any"}),
          .model = "gpt-4o-mini"}},
        {.deadline = std::chrono::seconds(30), .on_decision = report});
    //! [router]

    ask(router, "tiny");
    ask(router, "large");
    ask(router, "large");  // The circuit of the local server is open now: it costs nothing.
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
