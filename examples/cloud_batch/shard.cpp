#include "shard.hpp"

#include <fmt/format.h>

#include <charconv>

namespace cloud_batch {

namespace {

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    std::uint64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace

std::optional<Shard> Shard::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto index = parse_number(text.substr(0, slash));
    const auto count = parse_number(text.substr(slash + 1));
    if (!index || !count || *index >= *count) return std::nullopt;
    return Shard{.index = *index, .count = *count};
}

std::string Shard::suffix() const {
    return count == 1 ? "" : fmt::format(".{}-of-{}", index, count);
}

}  // namespace cloud_batch
