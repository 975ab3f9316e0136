#pragma once

#include "fault.hpp"

#include <cloud_backend/options.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace cloud_backend::test {

/// A server with one fault, which answers well until the fault begins. What it answers, or begins
/// to, is "one", a middle word and " three", in three events when streamed.
class FaultyServer {
public:
    virtual ~FaultyServer() = default;

    /// How a client reaches it.
    [[nodiscard]] virtual ClientOptions options() const = 0;
    /// From here on, and for every request; a connection that is open and idle stays so, unless its
    /// end is the fault.
    virtual void begin_fault() = 0;
    /// POST requests that have arrived by now.
    [[nodiscard]] virtual std::size_t posts() = 0;
};

using StartFaultyServer = std::unique_ptr<FaultyServer> (*)(Fault fault);

/// The word in the middle of an answer with this fault, as it is sent.
[[nodiscard]] std::string middle_word(Fault fault);

/// A trickle comes in about as many pieces, with a pause before each.
inline constexpr std::size_t trickle_pieces = 60;
inline constexpr std::chrono::milliseconds trickle_pause{25};

/// HTTP/1.1 without TLS, by the embedded server.
[[nodiscard]] std::unique_ptr<FaultyServer> start_faulty_http1_server(Fault fault);

}  // namespace cloud_backend::test
