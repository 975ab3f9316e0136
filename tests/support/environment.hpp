#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace cloud_backend::test {

/// An environment variable, set (or, for a null pointer, unset) for as long as this lives.
class EnvironmentVariable {
public:
    EnvironmentVariable(std::string name, const char* value) : name_(std::move(name)) {
        if (const char* before = std::getenv(name_.c_str())) {  // NOLINT(concurrency-mt-unsafe)
            before_ = before;
        }
        set(value);
    }
    ~EnvironmentVariable() { set(before_ ? before_->c_str() : nullptr); }
    EnvironmentVariable(const EnvironmentVariable&) = delete;
    EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

private:
    void set(const char* value) const {
        if (value == nullptr) {
            ::unsetenv(name_.c_str());  // NOLINT(concurrency-mt-unsafe)
        } else {
            ::setenv(name_.c_str(), value, 1);  // NOLINT(concurrency-mt-unsafe)
        }
    }

    std::string name_;
    std::optional<std::string> before_{};
};

}  // namespace cloud_backend::test
