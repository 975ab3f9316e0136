#pragma once

#include "batch_request.hpp"

#include <cloud_backend/chat_completion.hpp>
#include <cloud_backend/error.hpp>

#include <string>
#include <string_view>

// The lines of the files of results, as OpenAI's batches have them, each with its end.
namespace cloud_batch {

[[nodiscard]] std::string result_line(const BatchRequest& request,
                                      const cloud_backend::ChatCompletion& answer);
[[nodiscard]] std::string error_line(const BatchRequest& request,
                                     const cloud_backend::Error& error);

/// The `custom_id` of a line, without its end, that one of them has written; else empty.
[[nodiscard]] std::string custom_id_of(std::string_view line);
/// What may be left of such a line when its end is missing.
[[nodiscard]] bool may_begin_result(std::string_view text);

}  // namespace cloud_batch
