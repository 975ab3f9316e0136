#pragma once

#include <functional>
#include <string>
#include <string_view>

// JSON whose bytes are to stay as they are.
namespace cloud_batch {

/// Tells the members of `object`, which is known to be a JSON object, in their order: the name, and
/// the value as it stands there.
void for_each_member(
    std::string_view object,
    const std::function<void(std::string_view name, std::string_view value)>& tell);

/// `text`, of a server, as a JSON value in one line: itself if it is JSON, else a string.
[[nodiscard]] std::string as_json_line(std::string_view text);

/// A JSON string; bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace cloud_batch
