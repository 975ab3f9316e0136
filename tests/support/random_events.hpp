#pragma once

#include "random_source.hpp"

#include <cloud_backend/chat.hpp>

#include <string>
#include <vector>

// The ways a server may stream an answer.
namespace cloud_backend::test {

/// The data of the events of a stream that amounts to `answer`: texts and lists cut anywhere, the
/// pieces interleaved and joined in any way that SPEC C3 allows, among what says nothing new.
[[nodiscard]] std::vector<std::string> random_events(Random& random, const ChatCompletion& answer);

}  // namespace cloud_backend::test
