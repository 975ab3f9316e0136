#pragma once

#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>

namespace cloud_backend {

/// An answer came, but its content is not the JSON that was asked for; see `parse_content`.
///
/// `partial()` is the whole answer, so `partial()->content()` the text at fault: show it to the
/// model to have it mended. `what()` quotes nothing of it. `retryable()` where the same request may
/// well get another answer: not after `cut`, `filtered`, `refused` and `tool_calls`.
class CLOUD_BACKEND_EXPORT ContentError : public Error {
public:
    using Error::Error;
    ~ContentError() override;

    /// What is wrong with the content.
    [[nodiscard]] ContentFault fault() const noexcept { return details().content_fault; }
};

}  // namespace cloud_backend
