#pragma once

#include "descriptor.hpp"

namespace cloud_batch {

/// SIGINT and SIGTERM as something that can be waited for. Must be made before any other thread:
/// threads inherit that the signals are blocked.
class Signals {
public:
    Signals();

    /// Readable when one has come, until `take()`.
    [[nodiscard]] int fd() const noexcept { return file_.get(); }
    /// Whether one has come.
    [[nodiscard]] bool take() const;

private:
    const Descriptor file_;
};

}  // namespace cloud_batch
