#pragma once

#include "call.hpp"

#include <cloud_backend/transport.hpp>

namespace cloud_backend::detail {

/// Drives one call to its end on the calling thread (SPEC T1).
void drive(Call& call, TransferLoop& loop);

}  // namespace cloud_backend::detail
