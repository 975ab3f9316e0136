#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>

#include <string>
#include <vector>

namespace cloud_backend {

/// A token the model said, or might have said, and how likely that was.
struct TokenLogprob {
    std::string token{};
    double logprob = 0;   ///< Natural logarithm.
    std::string bytes{};  ///< The token's UTF-8, of which it may be a fragment; empty if not told.
    /// Of a token it said the likeliest in its place, as many as were asked for.
    std::vector<TokenLogprob> alternatives{};
};

/// The tokens of an answer or of a chunk, from `Choice::logprobs` or `ChunkChoice::logprobs`; empty
/// when there are none. Never throws but std::bad_alloc (SPEC C2).
[[nodiscard]] CLOUD_BACKEND_EXPORT std::vector<TokenLogprob> token_logprobs(
    const RawJson& logprobs);
/// The same, of a refusal's tokens.
[[nodiscard]] CLOUD_BACKEND_EXPORT std::vector<TokenLogprob> refusal_logprobs(
    const RawJson& logprobs);

}  // namespace cloud_backend
