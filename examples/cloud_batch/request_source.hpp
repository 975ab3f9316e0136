#pragma once

#include "batch_request.hpp"
#include "descriptor.hpp"
#include "line_reader.hpp"
#include "shard.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

namespace cloud_batch {

/// The requests of an input, in turn. It holds one piece of the input, and every `custom_id`.
class RequestSource {
public:
    /// "-" is standard input. Throws InputError when it cannot be opened.
    RequestSource(const std::string& path, Shard shard);

    /// The next request of the shard, if it has been read: else there may be one after
    /// `read_more()`. Lines of other shards are not looked at; blank ones are skipped. Throws
    /// InputError for a line that is no request, or has the custom_id of an earlier one; the next
    /// call goes on behind it.
    [[nodiscard]] std::optional<BatchRequest> next();
    void read_more() { lines_.read_more(); }
    [[nodiscard]] bool at_end() const noexcept { return lines_.at_end(); }

    /// Readable when `read_more()` will not wait.
    [[nodiscard]] int fd() const noexcept { return file_.get(); }

private:
    const Descriptor file_;
    LineReader lines_;
    const Shard shard_;
    std::unordered_set<std::string> ids_{};
};

/// Looks at every line before anything is sent, says which are wrong, and counts the requests of
/// the shard. Throws InputError when some are wrong.
[[nodiscard]] std::uint64_t count_requests(const std::string& path, Shard shard);

}  // namespace cloud_batch
