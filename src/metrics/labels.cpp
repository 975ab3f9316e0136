#include "metrics/labels.hpp"

#include "core/utf8.hpp"

namespace cloud_backend::detail {

Labels& Labels::add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    if (!text_.empty()) text_ += ',';
    text_.append(name).append("=\"");
    // Prometheus takes nothing of a page that is not UTF-8.
    for (const char c : repair_utf8(value)) {
        if (c == '\n') {
            text_ += "\\n";
        } else {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
    }
    text_ += '"';
    return *this;
}

}  // namespace cloud_backend::detail
