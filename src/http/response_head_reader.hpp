#pragma once

#include <cloud_backend/transport.hpp>

#include <optional>
#include <string_view>

namespace cloud_backend::detail {

/// Puts the head of the final answer together from header lines; drops 1xx before and trailers
/// after it.
class ResponseHeadReader {
public:
    /// Takes one line, with or without its line end; gives the head when this line ends it.
    [[nodiscard]] std::optional<ResponseHead> read(std::string_view line);
    /// The head of an answer whose connection was closed inside it, if it got as far as a status
    /// line; unframed.
    [[nodiscard]] std::optional<ResponseHead> cut_off();
    /// The final head was given.
    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    void read_field(std::string_view line);
    [[nodiscard]] bool is_framed() const;

    ResponseHead head_{};
    bool done_ = false;
};

}  // namespace cloud_backend::detail
