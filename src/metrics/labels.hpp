#pragma once

#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// The labels of one series as Prometheus writes them: `a="1",b="2"`. Empty values are left out:
/// to Prometheus they are the same.
class Labels {
public:
    Labels& add(std::string_view name, std::string_view value);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_{};
};

}  // namespace cloud_backend::detail
