#pragma once

#include "fault.hpp"

#include <embedded_server.hpp>

#include <string>
#include <string_view>

namespace cloud_backend::test {

/// What an answer with status 200 says, whatever protocol carries it.
struct Content {
    embedded_server::Headers headers{};
    std::string body{};
};

/// The word in the middle of a sound answer.
inline constexpr std::string_view sound_word = " two";

[[nodiscard]] Content sound_content(Mode mode);
/// For a fault of the content; for others it is sound.
[[nodiscard]] Content faulty_content(Fault fault, Mode mode);

}  // namespace cloud_backend::test
