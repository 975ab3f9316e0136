// The model asks for a function of this program, is told its result, and answers with it:
//     tools "How much space is free on /home?"
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace {

namespace cb = cloud_backend;
using Json = nlohmann::json;

//! [function]
/// What it throws, for a directory that does not exist, the model is told as well.
cb::ToolResult free_disk_space(const cb::RawJson& arguments) {
    const std::string directory = arguments.parse().at("directory");
    return Json{{"free_bytes", std::filesystem::space(directory).available}};
}
//! [function]

void report(const cb::ToolStep& step) {
    if (step.kind != cb::ToolStep::Kind::called) return;
    std::cout << '[' << step.call->name << ' ' << step.call->arguments << ": " << step.result
              << "]\n";
}

}  // namespace

int main(int argc, char** argv) try {
    const embedded_server::EmbeddedServer server;
    const auto backend = cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});

    //! [run]
    const std::vector<cb::CallableTool> tools{cb::CallableTool::function(
        "free_disk_space", "Tells how many bytes are free where a directory is stored.",
        Json{{"type", "object"},
             {"properties", {{"directory", {{"type", "string"}}}}},
             {"required", {"directory"}}},
        free_disk_space)};
    const auto show = [](const cb::ChatChunk& chunk) {
        std::cout << chunk.content() << std::flush;
    };

    cb::ChatRequest ask{
        .model = "gpt-4o-mini",
        .messages = {cb::Message::user(argc > 1 ? argv[1] : "How much space is free on /?")}};
    const cb::ToolRun run = cb::run_tools(*backend, ask, tools, show, {.on_step = report});
    //! [run]
    if (run.end != cb::ToolRun::End::answered) std::cout << "\n[no answer to the end]";
    std::cout << "\n[" << run.rounds << " rounds, " << ask.messages.size() << " messages]\n";
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
