#pragma once

#include "corpus.hpp"

#include <embedded_server.hpp>

#include <random>

// How a recorded answer travels to the client. What is cut is cut into chunks of the transfer
// coding, each of which libcurl hands on alone, however the system joins the packets.
namespace cloud_backend::test {

using Random = std::mt19937;
using WireForm = embedded_server::Answer (*)(const CorpusCase& recorded, Random& random);

[[nodiscard]] embedded_server::Answer as_recorded(const CorpusCase& recorded, Random& random);
[[nodiscard]] embedded_server::Answer in_sevens(const CorpusCase& recorded, Random& random);
[[nodiscard]] embedded_server::Answer cut_at_random(const CorpusCase& recorded, Random& random);
/// Compressed, and cut at random.
[[nodiscard]] embedded_server::Answer gzipped(const CorpusCase& recorded, Random& random);

// Of streams only; cut at random, so that line ends are cut as well.
[[nodiscard]] embedded_server::Answer with_cr(const CorpusCase& recorded, Random& random);
[[nodiscard]] embedded_server::Answer with_crlf(const CorpusCase& recorded, Random& random);
[[nodiscard]] embedded_server::Answer with_comments(const CorpusCase& recorded, Random& random);

}  // namespace cloud_backend::test
