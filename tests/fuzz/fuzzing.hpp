#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::fuzz {

/// Ends the process, which is how a fuzzer learns that an input broke something.
inline void require(bool holds, const char* invariant) {
    if (holds) return;
    std::fprintf(stderr, "broken invariant: %s\n", invariant);
    std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

using Pieces = std::vector<std::string_view>;

/// Ways to receive `input`: whole, byte by byte, in small pieces and in large ones. The cuts are
/// drawn from the input itself: an input that breaks something always does, and each mutation of
/// it tries other cuts.
inline std::vector<Pieces> ways_to_cut(std::string_view input) {
    std::minstd_rand random(static_cast<unsigned>(std::hash<std::string_view>{}(input)));
    std::vector<Pieces> ways{{input}};
    for (const std::size_t longest : {std::size_t{1}, std::size_t{8}, std::size_t{100}}) {
        Pieces pieces;
        for (auto rest = input; !rest.empty(); rest.remove_prefix(pieces.back().size())) {
            pieces.push_back(rest.substr(0, 1 + random() % longest));
        }
        ways.push_back(std::move(pieces));
    }
    return ways;
}

/// A piece in memory of exactly its size, so that AddressSanitizer sees a read behind it, and one
/// of a piece that is gone.
class OwnedPiece {
public:
    explicit OwnedPiece(std::string_view piece)
        : bytes_(std::make_unique<char[]>(piece.size())), size_(piece.size()) {
        std::ranges::copy(piece, bytes_.get());
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

}  // namespace cloud_backend::fuzz
