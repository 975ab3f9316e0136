#include "chat_answers.hpp"
#include "embedded_server.hpp"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

namespace {

constexpr const char* usage =
    "usage: embedded_server [--port N] [--token-delay MS] [--first-status N]\n"
    "Serves POST /v1/chat/completions on 127.0.0.1 until interrupted.\n";

struct Arguments {
    int port = 8080;
    int token_delay = 30;
    int first_status = 200;
};

/// False if there is anything that is not understood.
bool read(int argc, char** argv, Arguments& arguments) {
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        int* const target = name == "--port"           ? &arguments.port
                            : name == "--token-delay"  ? &arguments.token_delay
                            : name == "--first-status" ? &arguments.first_status
                                                       : nullptr;
        if (target == nullptr || i + 1 == argc) return false;
        const char* const end = argv[i + 1] + std::strlen(argv[i + 1]);
        const auto [stopped_at, error] = std::from_chars(argv[i + 1], end, *target);
        if (error != std::errc{} || stopped_at != end || *target < 0) return false;
    }
    return arguments.port <= 65535;
}

}  // namespace

int main(int argc, char** argv) try {
    Arguments arguments;
    if (!read(argc, argv, arguments)) {
        std::cerr << usage;
        return EXIT_FAILURE;
    }

    // Blocked before the server starts its threads, so that only sigwait() sees them.
    sigset_t interruptions;
    sigemptyset(&interruptions);
    sigaddset(&interruptions, SIGINT);
    sigaddset(&interruptions, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &interruptions, nullptr);

    const embedded_server::EmbeddedServer server({
        .port = static_cast<std::uint16_t>(arguments.port),
        .handler = embedded_server::chat_service({
            .token_delay = std::chrono::milliseconds(arguments.token_delay),
            .first_status = arguments.first_status,
        }),
    });
    std::cout << server.url() << std::endl;
    int signal = 0;
    sigwait(&interruptions, &signal);
    return EXIT_SUCCESS;
} catch (const std::exception& error) {
    std::cerr << "embedded_server: " << error.what() << '\n';
    return EXIT_FAILURE;
}
