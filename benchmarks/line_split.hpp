#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace cloud_backend::benchmarks {

/// Finds the lines of a text that comes in pieces, and nothing else: the least that reading a
/// stream of events takes.
class LineSplit {
public:
    template <class OnLine>
    void feed(std::string_view bytes, OnLine&& on_line) {
        while (const void* end = std::memchr(bytes.data(), '\n', bytes.size())) {
            const auto size =
                static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data());
            if (begun_.empty()) {
                on_line(bytes.substr(0, size));
            } else {
                on_line(begun_.append(bytes.substr(0, size)));
                begun_.clear();
            }
            bytes.remove_prefix(size + 1);
        }
        begun_ += bytes;
    }

private:
    std::string begun_{};
};

}  // namespace cloud_backend::benchmarks
