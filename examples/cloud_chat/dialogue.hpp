#pragma once

#include <cloud_backend/message.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cloud_chat {

struct Answer {
    cloud_backend::Message message{};
    std::string model{};  ///< Who gave it.
};

struct Exchange {
    std::string question{};
    std::optional<Answer> answer{};
};

/// What was said so far.
struct Dialogue {
    std::string system{};  ///< Empty: nothing.
    std::vector<Exchange> exchanges{};
};

/// As they are sent.
[[nodiscard]] std::vector<cloud_backend::Message> messages_of(const Dialogue& dialogue);

/// For people to read.
[[nodiscard]] std::string markdown_of(const Dialogue& dialogue);
/// The messages as a JSON array, as a request has them.
[[nodiscard]] std::string json_of(const Dialogue& dialogue);

}  // namespace cloud_chat
