#pragma once

#include "corpus.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

// What a call came to, and what it should have come to, in one form. `chunks` is how many were
// delivered: none of a plain answer.
namespace cloud_backend::test {

[[nodiscard]] nlohmann::json outcome_of(const ChatCompletion& completion, std::size_t chunks);
[[nodiscard]] nlohmann::json outcome_of(const ErrorDetails& error, std::size_t chunks);

/// As the corpus has it, with what it leaves open written as the library writes it.
[[nodiscard]] nlohmann::json recorded_outcome(const CorpusCase& recorded);
/// As SPEC wants it: what was recorded, but for the few cases where a rule says otherwise.
[[nodiscard]] nlohmann::json expected_outcome(const CorpusCase& recorded);
/// SPEC wants another outcome than the recorded one.
[[nodiscard]] bool departs_from_record(const CorpusCase& recorded);

/// Where the two part, and how; empty when they are equal.
[[nodiscard]] std::string first_difference(const nlohmann::json& expected,
                                           const nlohmann::json& actual);

}  // namespace cloud_backend::test
