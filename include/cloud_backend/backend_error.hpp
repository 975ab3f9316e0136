#pragma once

#include <cloud_backend/backend_failure.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>

#include <vector>

// The errors of backends that are no service: callables, routers.
namespace cloud_backend {

/// A backend threw something that is no `Error`; what it said is in `what()`. Local inference, for
/// instance, that is out of memory.
class CLOUD_BACKEND_EXPORT BackendError : public Error {
public:
    using Error::Error;
    ~BackendError() override;
};

/// No backend of a router answered (SPEC F5). `retry_after()` is the earliest time at which one may
/// again, empty if that is not a matter of time.
class CLOUD_BACKEND_EXPORT AllBackendsFailedError : public Error {
public:
    using Error::Error;
    ~AllBackendsFailedError() override;

    /// Every backend, in the order of the router. Lives as long as the error.
    [[nodiscard]] const std::vector<BackendFailure>& failures() const noexcept {
        return details().failures;
    }
};

}  // namespace cloud_backend
