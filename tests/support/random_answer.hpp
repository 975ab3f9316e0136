#pragma once

#include "random_source.hpp"

#include <cloud_backend/chat.hpp>

// Answers as a model may give them.
namespace cloud_backend::test {

/// At least one choice, with or without anything else. Every choice has a finish reason.
[[nodiscard]] ChatCompletion random_answer(Random& random);

}  // namespace cloud_backend::test
