// Which backend answers is decided by the model's name, with the routes of a JSON file:
//     routes routes.json
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace {

namespace cb = cloud_backend;

std::shared_ptr<cb::ChatBackend> backend_at(const embedded_server::EmbeddedServer& server) {
    return cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});
}

void ask(cb::ModelRouter& router, const std::string& model) {
    const auto answer =
        router.chat_completion({.model = model, .messages = {cb::Message::user("ping")}});
    std::cout << model << ": " << answer.metadata.backend << " answered as " << answer.model
              << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: routes FILE\n";
        return 2;
    }
    // They stand in for a cloud service and a server of one's own.
    const embedded_server::EmbeddedServer openai;
    const embedded_server::EmbeddedServer local;
    //! [router]
    cb::ModelRouter router(cb::ModelRoutes::load(argv[1]),
                           {{"openai", backend_at(openai)}, {"local", backend_at(local)}});
    //! [router]

    ask(router, "gpt-4o");
    ask(router, "gpt-4o-mini");
    ask(router, "qwen2.5:7b");
    std::cout << "requests: " << openai.request_count() << " to openai, " << local.request_count()
              << " to local\n";
} catch (const cb::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return 2;
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
