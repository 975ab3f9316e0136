#include "request_source.hpp"

#include "terminal.hpp"

#include <fcntl.h>
#include <fmt/format.h>

namespace cloud_batch {

namespace {

Descriptor open_input(const std::string& path) try {
    return Descriptor(path == "-" ? checked(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), path)
                                  : checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path));
} catch (const std::system_error& error) {
    throw InputError(error.what());
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

RequestSource::RequestSource(const std::string& path, Shard shard)
    : file_(open_input(path)), lines_(file_.get(), path), shard_(shard) {}

std::optional<BatchRequest> RequestSource::next() {
    while (const auto line = lines_.next_line()) {
        if (!shard_.holds(lines_.line_number()) || is_blank(*line)) continue;
        BatchRequest request = parse_request(*line, lines_.line_number());
        if (!ids_.insert(request.custom_id).second) {
            throw InputError(fmt::format("line {}: the custom_id {} has been there before",
                                         request.line, request.custom_id));
        }
        return request;
    }
    return std::nullopt;
}

std::uint64_t count_requests(const std::string& path, Shard shard) {
    constexpr int most_told = 20;
    RequestSource all(path, {});
    std::uint64_t count = 0;
    int wrong = 0;
    while (!all.at_end()) {
        try {
            if (const auto request = all.next()) {
                if (shard.holds(request->line)) ++count;
            } else if (!all.at_end()) {
                all.read_more();
            }
        } catch (const InputError& error) {
            if (++wrong <= most_told) complain(fmt::format("{}: {}", path, error.what()));
        }
    }
    if (wrong > 0) {
        throw InputError(
            fmt::format("{} wrong line{}; nothing was sent", wrong, wrong == 1 ? "" : "s"));
    }
    return count;
}

}  // namespace cloud_batch
