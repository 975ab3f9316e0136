#include "chat/chunk_decoder.hpp"
#include "streamed_answer.hpp"

#include <memory>
#include <string>

// OpenAI's streams.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend;
    using namespace cloud_backend::fuzz;
    const auto input = as_text(data, size);
    const Protocol openai{
        [](std::size_t max_json_depth) -> std::unique_ptr<detail::AnswerFormat> {
            return std::make_unique<detail::ChunkDecoder>(max_json_depth);
        },
        "[DONE]", [](const ChatCompletion& answer) { return std::string(answer.content()); }};
    const LimitOptions limits{.event = 1024, .json_depth = 32};
    check_cuts(input, {.limits = limits}, openai);
    check_cuts(input, {.limits = limits, .fail_on_malformed = true, .expected_choices = 2}, openai);
    return 0;
}
