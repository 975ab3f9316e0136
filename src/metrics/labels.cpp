#include "metrics/labels.hpp"

namespace cloud_backend::detail {

Labels& Labels::add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    if (!text_.empty()) text_ += ',';
    text_.append(name).append("=\"");
    for (const char c : value) {
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
