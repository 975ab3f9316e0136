#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace cloud_backend::test {

/// What a network or a server does wrong, or at least in an unusual way.
enum class Fault {
    closed_while_idle,
    reset_while_idle,
    closed_before_a_byte,
    reset_before_a_byte,
    reset_in_body,
    short_body,
    cut_chunk,
    status_line_only,
    close_delimited_body,
    cut_close_delimited_body,
    html,
    html_without_length,
    error_object,
    stall_before_headers,
    stall_in_body,
    trickle,
    large_header,
    huge_header,
    slow_name_lookup,
    gzip,
    deep_json,
    largest_event,
    too_large_event,
    invalid_utf8,
    // Of HTTP/2 only.
    refused_stream,
    stream_reset_before_a_byte,
    stream_reset_in_body,
    stream_reset_without_error,
    closed_in_body,
    go_away_while_idle,
    go_away_behind_ping,
    go_away_before_a_byte,
    go_away_in_body,
};

constexpr std::string_view name_of(Fault fault) {
    constexpr std::array<std::string_view, 33> names{
        "closed while idle",
        "reset while idle",
        "close before a byte",
        "RST before a byte",
        "RST in the body",
        "short body",
        "cut chunk",
        "status line only",
        "close-delimited body",
        "cut close-delimited body",
        "HTML 200",
        "HTML 200 without length",
        "error object in 200",
        "stall before headers",
        "stall mid-stream",
        "trickle",
        "40 KiB header",
        "100 KiB header",
        "slow name lookup",
        "gzip",
        "JSON of 100,000 levels",
        "8 MiB event",
        "event over 8 MiB",
        "invalid UTF-8",
        "REFUSED_STREAM",
        "RST_STREAM before a byte",
        "RST_STREAM in the body",
        "RST_STREAM without error",
        "close in the body",
        "GOAWAY while idle",
        "GOAWAY behind a PING",
        "GOAWAY before a byte",
        "GOAWAY in the body",
    };
    return names.at(static_cast<std::size_t>(fault));
}

/// Whether no request may go over the connection any more.
constexpr bool ends_idle_connection(Fault fault) {
    return fault == Fault::closed_while_idle || fault == Fault::reset_while_idle ||
           fault == Fault::go_away_while_idle;
}

enum class Mode { plain, streamed };

}  // namespace cloud_backend::test
