// Reads an input of the kind and about the size that its arguments say. Whether the cost is linear,
// check_linear_cost.cmake finds out from outside.
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

using namespace cloud_backend;

namespace {

/// Whether the piece was read, and more is wanted.
using Feed = std::function<bool(std::string_view piece)>;

/// Feeds `unit` again and again until `size` bytes are fed, in pieces of `piece_bytes`.
bool feed_repeated(std::string_view unit, std::size_t size, std::size_t piece_bytes,
                   const Feed& feed) {
    std::string input;
    while (input.size() < size) input += unit;
    for (std::string_view rest = input; !rest.empty();) {
        const auto piece = rest.substr(0, piece_bytes);
        if (!feed(piece)) return false;
        rest.remove_prefix(piece.size());
    }
    return true;
}

bool parse(std::string_view unit, std::size_t size, std::size_t piece_bytes) {
    SseParser parser(2 * size + unit.size());
    std::size_t event_bytes = 0;
    const auto count = [&](const SseEvent& event) { event_bytes += event.data.size(); };
    const bool is_fed = feed_repeated(unit, size, piece_bytes, [&](std::string_view piece) {
        return parser.feed(piece, count) == SseParser::Status::ok;
    });
    return is_fed && parser.finish(count) == SseParser::Status::ok && event_bytes >= size / 8;
}

/// An answer said to be a document, which is not told from a stream before its first line ends.
bool read_document(std::string_view begin, std::string_view unit, std::size_t size) {
    constexpr std::size_t piece_bytes = 64;
    constexpr std::size_t max_json_depth = 256;
    const ChunkCallback ignore([](const ChatChunk&) {});
    detail::ChatStreamReader reader(ignore, {},
                                    std::make_unique<detail::ChunkDecoder>(max_json_depth));
    reader.begin({.status = 200, .headers = {{"Content-Type", "application/json"}}});
    const auto feed = [&](std::string_view piece) {
        return std::holds_alternative<NeedMore>(reader.on_body(piece));
    };
    return feed(begin) && feed_repeated(unit, size, piece_bytes, feed);
}

struct Case {
    std::string_view name;
    std::function<bool(std::size_t size)> read;  ///< Whether all of it was read.
};

constexpr std::size_t whole = std::size_t{1} << 30;

// The names are those of CMakeLists.txt.
const Case cases[] = {
    {"lines_that_end_with_lf", [](std::size_t size) { return parse("data:a\n\n", size, whole); }},
    {"lines_that_end_with_cr", [](std::size_t size) { return parse("data:a\r\r", size, whole); }},
    {"one_record_of_many_lines", [](std::size_t size) { return parse("data: x\n", size, whole); }},
    {"one_record_in_small_pieces", [](std::size_t size) { return parse("data: x\n", size, 3); }},
    {"one_line_byte_by_byte", [](std::size_t size) { return parse("data: x", size, 1); }},
    {"a_document_of_one_line",
     [](std::size_t size) { return read_document("{\"a\":\"", "x", size); }},
    {"a_line_of_white_space", [](std::size_t size) { return read_document("[1]\n", " ", size); }},
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return EXIT_FAILURE;
    const auto* const found = std::ranges::find(cases, std::string_view(argv[1]), &Case::name);
    if (found == std::end(cases)) return EXIT_FAILURE;
    return found->read(static_cast<std::size_t>(std::atoi(argv[2]))) ? EXIT_SUCCESS : EXIT_FAILURE;
}
