#pragma once

#include "call.hpp"

#include <cloud_backend/transport.hpp>

#include <stop_token>

namespace cloud_backend::detail {

/// Drives one call to its end on the calling thread (SPEC T1).
void drive(Call& call, TransferLoop& loop, const std::stop_token& stop);

}  // namespace cloud_backend::detail
