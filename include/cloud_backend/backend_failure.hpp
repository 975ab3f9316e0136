#pragma once

#include <memory>
#include <string>

namespace cloud_backend {

struct ErrorDetails;

/// A backend that did not answer, and why: it was skipped, or it was asked and failed.
struct BackendFailure {
    std::string backend{};  ///< Its name in its router.
    std::string model{};    ///< It was, or would have been, asked for.
    /// Never null. Its `attempts` are empty if nothing was sent; the `failures` of a router within
    /// the router are its own.
    std::shared_ptr<const ErrorDetails> error{};
};

}  // namespace cloud_backend
