#include "http/response_head_reader.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace cloud_backend::detail {

namespace {

bool is_status_line(std::string_view line) {
    return line.starts_with("HTTP/");
}

/// "HTTP/1.1 200 OK", or "HTTP/2 200"; 0 if there is none.
int parse_status(std::string_view line) {
    const auto digits = trim(line.substr(std::min(line.find(' '), line.size())));
    int status = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), status);
    return status;
}

/// A head that another follows. None does after 101, which nobody asked for.
bool is_interim(int status) {
    constexpr int switching_protocols = 101;
    return status < 200 && status != switching_protocols;
}

}  // namespace

std::optional<ResponseHead> ResponseHeadReader::read(std::string_view line) {
    if (done_) return std::nullopt;
    if (is_status_line(line)) {
        head_ = ResponseHead{.status = parse_status(line)};
        return std::nullopt;
    }
    if (!trim(line).empty()) {
        read_field(line);
        return std::nullopt;
    }
    if (is_interim(head_.status)) {
        head_ = {};
        return std::nullopt;
    }
    done_ = true;
    head_.framed = is_framed();
    return std::move(head_);
}

std::optional<ResponseHead> ResponseHeadReader::cut_off() {
    if (done_ || head_.status == 0 || is_interim(head_.status)) return std::nullopt;
    done_ = true;
    return std::move(head_);
}

void ResponseHeadReader::read_field(std::string_view line) {
    const bool continues_last = line.front() == ' ' || line.front() == '\t';  // RFC 9112, 5.2
    if (continues_last && !head_.headers.empty()) {
        head_.headers.back().value.append(" ").append(trim(line));
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    head_.headers.push_back(
        {std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
}

bool ResponseHeadReader::is_framed() const {
    if (head_.status == 204 || head_.status == 304) return true;
    if (find_header(head_.headers, "content-length") != nullptr) return true;
    const std::string* encoding = find_header(head_.headers, "transfer-encoding");
    return encoding != nullptr && to_lower(*encoding).ends_with("chunked");
}

}  // namespace cloud_backend::detail
