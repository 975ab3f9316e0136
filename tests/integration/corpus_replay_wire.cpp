#include "corpus_replay_wire.hpp"

#include "stored_gzip.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

namespace {

using embedded_server::Answer;

embedded_server::Headers headers_of(const CorpusCase& recorded) {
    embedded_server::Headers headers;
    for (const auto& [name, value] : recorded.headers) headers.emplace_back(name, value);
    return headers;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
        result.append(text.substr(0, at)).append(to);
        text.remove_prefix(at + from.size());
    }
    return result.append(text);
}

std::string with_line_end(std::string_view stream, std::string_view line_end) {
    return replaced(replaced(stream, "\r\n", "\n"), "\n", line_end);
}

std::vector<std::string> random_pieces(std::string_view body, Random& random) {
    constexpr std::size_t largest = 100;
    std::uniform_int_distribution<std::size_t> size(1, largest);
    std::vector<std::string> pieces;
    while (!body.empty()) {
        const auto piece = body.substr(0, size(random));
        pieces.emplace_back(piece);
        body.remove_prefix(piece.size());
    }
    return pieces;
}

/// Sent at once: the end must not come so late that the client gives the connection up (T10).
Answer in_chunks(const std::vector<std::string>& pieces, const embedded_server::Headers& headers) {
    return Answer::bytes(Answer::chunked(pieces, headers).wire());
}

Answer cut_at_random(std::string_view body, const embedded_server::Headers& headers,
                     Random& random) {
    return in_chunks(random_pieces(body, random), headers);
}

}  // namespace

Answer as_recorded(const CorpusCase& recorded, Random& /*random*/) {
    return Answer::status(recorded.status, headers_of(recorded), recorded.body);
}

Answer in_sevens(const CorpusCase& recorded, Random& /*random*/) {
    constexpr std::size_t seven = 7;
    std::vector<std::string> pieces;
    for (std::size_t begin = 0; begin < recorded.body.size(); begin += seven) {
        pieces.push_back(recorded.body.substr(begin, seven));
    }
    return in_chunks(pieces, headers_of(recorded));
}

Answer cut_at_random(const CorpusCase& recorded, Random& random) {
    return cut_at_random(recorded.body, headers_of(recorded), random);
}

Answer gzipped(const CorpusCase& recorded, Random& random) {
    auto headers = headers_of(recorded);
    headers.emplace_back("Content-Encoding", "gzip");
    return cut_at_random(stored_gzip(recorded.body), headers, random);
}

Answer with_cr(const CorpusCase& recorded, Random& random) {
    return cut_at_random(with_line_end(recorded.body, "\r"), headers_of(recorded), random);
}

Answer with_crlf(const CorpusCase& recorded, Random& random) {
    return cut_at_random(with_line_end(recorded.body, "\r\n"), headers_of(recorded), random);
}

Answer with_comments(const CorpusCase& recorded, Random& random) {
    const std::string body =
        replaced(with_line_end(recorded.body, "\n"), "\n\n", "\n\n: keep-alive\n\n:data: none\n");
    return cut_at_random(body, headers_of(recorded), random);
}

}  // namespace cloud_backend::test
