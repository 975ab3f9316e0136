#include "fault_matrix.hpp"

namespace cloud_backend::test {

namespace {

using enum Ending;
using enum Fault;
using enum Mode;

// Ending, POSTs, breaker, chunks, each for a fresh and for a reused connection.
// clang-format off
constexpr Row http1_matrix[] = {
    // T2: a connection known to be dead is not used; the request is sent once, on another.
    {closed_while_idle, plain,
     impossible,                                Cell{success, 1, succeeds, 0}},
    {closed_while_idle, streamed,
     impossible,                                Cell{success, 1, succeeds, 3}},
    {reset_while_idle, plain,
     impossible,                                Cell{success, 1, succeeds, 0}},
    {reset_while_idle, streamed,
     impossible,                                Cell{success, 1, succeeds, 3}},

    // Section 3, ambiguous: sent, no response byte. Retried by the library, never by libcurl.
    {closed_before_a_byte, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {closed_before_a_byte, streamed,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {reset_before_a_byte, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {reset_before_a_byte, streamed,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},

    // Section 3, response begun: retried while nothing was delivered (R7). Section 8: a reset
    // in mid-stream keeps its type.
    {reset_in_body, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {reset_in_body, streamed,
     Cell{connection_error, 1, fails, 1},       Cell{connection_error, 1, fails, 1}},
    {short_body, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {short_body, streamed,
     Cell{connection_error, 1, fails, 1},       Cell{connection_error, 1, fails, 1}},
    {cut_chunk, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {cut_chunk, streamed,
     Cell{connection_error, 1, fails, 1},       Cell{connection_error, 1, fails, 1}},

    // T4: no transport error, and yet no answer. Empty is a ResponseError (section 8), however
    // it was asked for (E3).
    {status_line_only, plain,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},
    {status_line_only, streamed,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},
    {close_delimited_body, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {close_delimited_body, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},
    {cut_close_delimited_body, plain,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},
    {cut_close_delimited_body, streamed,
     Cell{stream_truncated, 1, fails, 1},       Cell{stream_truncated, 1, fails, 1}},

    // Section 3: complete but not JSON was paid for. E3: whether streamed or not.
    {html, plain,
     Cell{response_error, 1, fails, 0},         Cell{response_error, 1, fails, 0}},
    {html, streamed,
     Cell{response_error, 1, fails, 0},         Cell{response_error, 1, fails, 0}},

    // T4: a close may have cut what no length measures, so it counts as cut.
    {html_without_length, plain,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},
    {html_without_length, streamed,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},

    // E1, R7: it counts as the status 503 that it names.
    {error_object, plain,
     Cell{stream_error, 2, fails_twice, 0},     Cell{stream_error, 2, fails_twice, 0}},
    {error_object, streamed,
     Cell{stream_error, 2, fails_twice, 0},     Cell{stream_error, 2, fails_twice, 0}},

    // T5; section 3: response timeouts are not retried by default.
    {stall_before_headers, plain,
     Cell{first_byte_timeout, 1, fails, 0},     Cell{first_byte_timeout, 1, fails, 0}},
    {stall_before_headers, streamed,
     Cell{first_byte_timeout, 1, fails, 0},     Cell{first_byte_timeout, 1, fails, 0}},
    {stall_in_body, plain,
     Cell{idle_timeout, 1, fails, 0},           Cell{idle_timeout, 1, fails, 0}},
    {stall_in_body, streamed,
     Cell{idle_timeout, 1, fails, 1},           Cell{idle_timeout, 1, fails, 1}},

    // T5: idle is silence between bytes, however few come.
    {trickle, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {trickle, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},

    // T8: headers may have 64 KiB. More is a limit of ours, never retried, neutral.
    {large_header, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {large_header, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},
    {huge_header, plain,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},
    {huge_header, streamed,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},

    // T5: looking up is part of connecting. Section 3: not sent, so retried. A connection that
    // is open needs no lookup.
    {slow_name_lookup, plain,
     Cell{connect_timeout, 0, fails_twice, 0},  Cell{success, 1, succeeds, 0}},
    {slow_name_lookup, streamed,
     Cell{connect_timeout, 0, fails_twice, 0},  Cell{success, 1, succeeds, 3}},

    // T6: gzip is accepted.
    {gzip, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {gzip, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},

    // T8: 256 levels of JSON, 8 MiB for an event, 64 MiB for a body.
    {deep_json, plain,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},
    {deep_json, streamed,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},
    {largest_event, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {largest_event, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},
    {too_large_event, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {too_large_event, streamed,
     Cell{limit_exceeded, 1, neutral, 1},       Cell{limit_exceeded, 1, neutral, 1}},

    // S4: U+FFFD in its place, never an error.
    {invalid_utf8, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {invalid_utf8, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},
};
// clang-format on

}  // namespace

std::span<const Row> http1_rows() {
    return http1_matrix;
}

}  // namespace cloud_backend::test
