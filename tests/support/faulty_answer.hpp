#pragma once

#include "fault.hpp"

#include <embedded_server.hpp>

namespace cloud_backend::test {

/// An answer without a fault.
[[nodiscard]] embedded_server::Answer sound_answer(Mode mode);
/// What goes over an HTTP/1.1 connection for a fault of the answer; for others a sound answer.
[[nodiscard]] embedded_server::Answer faulty_answer(Fault fault, Mode mode);

}  // namespace cloud_backend::test
