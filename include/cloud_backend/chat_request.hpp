#pragma once

#include <cloud_backend/message.hpp>
#include <cloud_backend/raw_json.hpp>
#include <cloud_backend/response_format.hpp>
#include <cloud_backend/tool.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cloud_backend {

/// What a stream is to tell beside the answer.
struct StreamOptions {
    bool include_usage = true;  ///< For `ChatCompletion::usage`.
};

/// What is asked of the model. Only what is set is sent (SPEC C1).
struct ChatRequest {
    std::string model{};
    std::vector<Message> messages{};
    std::vector<Tool> tools{};
    std::optional<ToolChoice> tool_choice{};
    std::optional<bool> parallel_tool_calls{};
    std::optional<ResponseFormat> response_format{};
    std::optional<int> max_tokens{};
    std::optional<int> max_completion_tokens{};
    std::optional<double> temperature{};
    std::optional<double> top_p{};
    std::optional<int> n{};
    std::vector<std::string> stop{};
    std::optional<std::int64_t> seed{};
    std::optional<double> frequency_penalty{};
    std::optional<double> presence_penalty{};
    std::map<std::int64_t, double> logit_bias{};  ///< By the token's id.
    std::optional<bool> logprobs{};
    std::optional<int> top_logprobs{};
    std::string reasoning_effort{};  ///< "minimal", "low", "medium", "high", as the model knows.
    std::string verbosity{};         ///< "low", "medium", "high".
    std::string service_tier{};
    std::optional<bool> store{};
    std::map<std::string, std::string> metadata{};
    std::string user{};
    std::optional<StreamOptions> stream_options{};  ///< Sent with streams only.
    /// An object whose fields are added as they stand and replace fields of the same name.
    /// It must not hold `stream` (SPEC T11).
    RawJson extra{};
};

}  // namespace cloud_backend
