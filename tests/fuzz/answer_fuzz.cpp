#include "chat/anthropic_decoder.hpp"
#include "chat/api_error.hpp"
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "chat/model_list.hpp"
#include "fuzzing.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>

// Whole bodies: as the answer with a success status, and with error statuses.
namespace cloud_backend::fuzz {
namespace {

constexpr LimitOptions limits{.response_body = std::size_t{16} << 10, .json_depth = 64};

bool is_printable(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; });
}

/// E2
void check_exception(const ErrorDetails& details) {
    require(!details.message.empty(), "an error says something");
    const Error error(details);
    const std::string_view what = error.what();
    require(what.size() <= 1024, "what() is at most 1 KiB (E2)");
    require(is_printable(what), "what() has its control characters escaped (E2)");
}

void check_completion(const ChatCompletion& completion) {
    require(nlohmann::json::accept(completion.raw.text()), "an answer's text is JSON");
    for (const auto& choice : completion.choices) {
        require(choice.finish_reason != "error", "finish_reason error is a failure (T4)");
        const auto& extra = choice.message.extra;
        require(extra.empty() || nlohmann::json::accept(extra.text()), "unknown fields are JSON");
    }
}

using MakeFormat = std::unique_ptr<detail::AnswerFormat> (*)();

template <class Decoder>
std::unique_ptr<detail::AnswerFormat> make_format() {
    return std::make_unique<Decoder>(limits.json_depth);
}

/// Whether it ends as an answer.
bool read_with(ResponseReader& reader, const Pieces& pieces, bool framed) {
    reader.begin({.status = 200, .headers = {{"Content-Type", "text/plain"}}, .framed = framed});
    Reading reading;
    for (const auto piece : pieces) {
        if (std::holds_alternative<ErrorDetails>(reading)) break;
        reading = reader.on_body(OwnedPiece(piece).view());
    }
    if (std::holds_alternative<NeedMore>(reading)) reading = reader.on_end();
    if (const auto* const error = std::get_if<ErrorDetails>(&reading)) {
        check_exception(*error);
        require(!(framed && error->code == ErrorCode::response && error->retryable),
                "a complete answer that is not JSON was paid for (SPEC 3)");
        return false;
    }
    require(std::holds_alternative<Complete>(reading), "the end brings an answer or an error");
    return true;
}

/// The answer's bytes when it was accepted; empty when it was not.
std::optional<std::string> read_answer(MakeFormat make, const Pieces& pieces, bool framed) {
    detail::CompletionReader reader(limits, make());
    if (!read_with(reader, pieces, framed)) return std::nullopt;
    const auto completion = reader.take();
    check_completion(completion);
    return completion.raw.text();
}

void check_answer(MakeFormat make, std::string_view input) {
    const auto ways = ways_to_cut(input);
    const auto whole = read_answer(make, ways.front(), true);
    for (const auto& pieces : ways) {
        require(read_answer(make, pieces, true) == whole, "cuts change nothing");
    }
    require(read_answer(make, ways.front(), false) == whole, "framing decides on the retry only");
}

void check_model_list(std::string_view input) {
    detail::ModelListReader reader(limits);
    if (!read_with(reader, ways_to_cut(input).front(), true)) return;
    for (const auto& model : reader.take()) {
        require(!model.id.empty(), "a model can be named");
        require(model.extra.empty() || nlohmann::json::accept(model.extra.text()),
                "unknown fields are JSON");
    }
}

void check_error_status(int status, std::string_view body) {
    const auto error = detail::read_api_error(status, {{"X", "y"}}, std::string(body));
    check_exception(error);
    require(error.api.status == status, "an error has the status of its answer");
    require(error.api.body == body, "an error has the body of its answer");
    const bool quota = error.code == ErrorCode::quota_exceeded;
    require(!quota || status == 400 || status == 402 || status == 429,
            "quota is a 402, a 429 or Anthropic's 400 (R3)");
}

}  // namespace
}  // namespace cloud_backend::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend;
    using namespace cloud_backend::fuzz;
    const auto input = as_text(data, size);
    for (const auto make :
         {make_format<detail::ChunkDecoder>, make_format<detail::AnthropicDecoder>}) {
        check_answer(make, input);
    }
    check_model_list(input);
    for (const int status : {302, 400, 402, 429, 503}) check_error_status(status, input);
    return 0;
}
