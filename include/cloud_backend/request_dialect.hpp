#pragma once

#include <string>

namespace cloud_backend {

/// In what a service wants requests written otherwise than OpenAI does (SPEC C4). It applies to
/// `ChatRequest`s; `extra` and requests given as JSON text stay as they are. A backend
/// refuses, with a `ConfigError`, names of anything but letters, digits and underscores, and for
/// the reasoning that of another field of a message.
struct RequestDialect {
    /// The service knows no `max_completion_tokens`: it is sent as `max_tokens`, unless that is set
    /// too.
    bool max_tokens_only = false;
    /// The service knows no developers: their messages are sent as the system's.
    bool developer_is_system = false;
    /// The service refuses `stream_options`, and tells the usage of a stream unasked.
    bool no_stream_options = false;
    std::string seed = "seed";  ///< What the service calls `seed`; empty: it refuses one.
    /// What the service calls the reasoning of an answer, and wants to see again; empty: reasoning
    /// is not sent back. A call of tools says so, too, when there was none.
    std::string reasoning{};
};

}  // namespace cloud_backend
