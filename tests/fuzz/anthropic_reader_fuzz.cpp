#include "chat/anthropic_decoder.hpp"
#include "chat/anthropic_request.hpp"
#include "streamed_answer.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace cloud_backend::fuzz {
namespace {

/// What was answered can be sent back (A10).
std::string sent_back(const ChatCompletion& answer) {
    ChatRequest request;
    for (const auto& choice : answer.choices) request.messages.push_back(choice.message);
    auto json = detail::to_anthropic_json(request, detail::Delivery::whole);
    require(nlohmann::json::accept(json), "a request is JSON");
    return json;
}

}  // namespace
}  // namespace cloud_backend::fuzz

// Anthropic's streams.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend;
    using namespace cloud_backend::fuzz;
    const auto input = as_text(data, size);
    const Protocol anthropic{
        [](std::size_t max_json_depth) -> std::unique_ptr<detail::AnswerFormat> {
            return std::make_unique<detail::AnthropicDecoder>(max_json_depth);
        },
        "message_stop", sent_back};
    const LimitOptions limits{.event = 1024, .json_depth = 32};
    check_cuts(input, {.limits = limits}, anthropic);
    check_cuts(input, {.limits = limits, .fail_on_malformed = true}, anthropic);
    return 0;
}
