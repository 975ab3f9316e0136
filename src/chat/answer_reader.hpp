#pragma once

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>

#include <simdjson.h>

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>

namespace cloud_backend::detail {

inline constexpr std::size_t max_choices = 128;  // A11

/// What an answer's JSON is like, apart from what its fields hold.
struct AnswerTraits {
    bool has_choices = false;  ///< `choices` is an array.
    bool has_error = false;    ///< There is an `error`, or it is what a choice finished with.
    bool has_impossible_choices = false;  ///< By their index or their number (SPEC A11).
};

/// The `delta` and the `message` of a choice.
struct ChoiceParts {
    std::optional<simdjson::dom::object> delta{};
    std::optional<simdjson::dom::object> message{};
};

/// Reads the JSON of answers, whole ones or the chunks of one stream, into a value that is replaced
/// but keeps its storage. Null, missing and mistyped fields become empty (SPEC C2); unknown ones
/// are collected in `extra` (A10). `raw` and `metadata` are left to the caller.
class AnswerReader {
public:
    AnswerTraits read(simdjson::dom::object json, ChatChunk& chunk);
    AnswerTraits read(simdjson::dom::object json, ChatCompletion& completion);

    /// The chunk read last is delivered. Where its deltas said something, a `message` in place of
    /// later ones can only repeat it (SPEC C4).
    void note_delivery() noexcept { told_ |= telling_; }

private:
    template <class Answer>
    AnswerTraits read_answer(simdjson::dom::object json, Answer& answer);
    template <class AnyChoice>
    void read_choice(simdjson::dom::object json, AnyChoice& choice, AnswerTraits& traits);
    void read_part(const ChoiceParts& parts, ChunkChoice& choice);
    void read_part(const ChoiceParts& parts, Choice& choice);
    /// False: there is none.
    bool read_usage(simdjson::dom::element value, std::optional<Usage>& usage);
    bool read_usage_within(simdjson::dom::element value, std::optional<Usage>& usage);

    std::string buffer_{};
    std::bitset<max_choices> telling_{};  ///< Choices whose delta in this chunk says something,
    std::bitset<max_choices> told_{};     ///< and in those delivered before.
};

/// The failure an answer tells of (SPEC E1, E3, T4): an error object, also beside choices, or the
/// finish reason `error`.
[[nodiscard]] std::optional<ErrorDetails> find_failure(simdjson::dom::element json);

}  // namespace cloud_backend::detail
