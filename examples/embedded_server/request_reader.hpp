#pragma once

#include "socket.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace embedded_server {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline bool equal_in_any_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// One request as it arrived, its body whole (a chunked one is joined).
struct Request {
    std::string method{};
    std::string target{};
    Headers headers{};
    std::string body{};
    std::size_t connection = 0;  ///< 1 for the first connection of the server, 2 for the next, ...

    /// The first header of that name in any case, or an empty text.
    [[nodiscard]] std::string_view header(std::string_view name) const {
        const auto named = [name](const auto& field) {
            return equal_in_any_case(field.first, name);
        };
        const auto found = std::ranges::find_if(headers, named);
        return found == headers.end() ? std::string_view{} : found->second;
    }
};

/// Reads one request after the other. Throws Disconnected, also for what is no request.
class RequestReader {
public:
    explicit RequestReader(const Socket& socket) : socket_(socket) {}

    void await_first_byte() {
        if (buffer_.empty()) buffer_ += socket_.receive();
    }

    Request read() {
        Request request;
        const std::string request_line = line();
        const std::size_t target = request_line.find(' ') + 1;
        const std::size_t version = request_line.find(' ', target);
        if (target == 0 || version == std::string::npos) throw Disconnected();
        request.method = request_line.substr(0, target - 1);
        request.target = request_line.substr(target, version - target);
        for (std::string field = line(); !field.empty(); field = line()) {
            const std::size_t colon = std::min(field.find(':'), field.size() - 1);
            const std::size_t value =
                std::min(field.find_first_not_of(" \t", colon + 1), field.size());
            request.headers.emplace_back(field.substr(0, colon), field.substr(value));
        }
        const std::string_view length = request.header("Content-Length");
        if (equal_in_any_case(request.header("Transfer-Encoding"), "chunked")) {
            request.body = chunked_body();
        } else if (!length.empty()) {
            request.body = take(parse_size(length, 10));
        }
        return request;
    }

private:
    static std::size_t parse_size(std::string_view digits, int base) {
        std::size_t size = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), size, base);
        if (error != std::errc{}) throw Disconnected();
        return size;
    }

    std::string chunked_body() {
        std::string body;
        while (const std::size_t size = parse_size(line(), 16)) {
            body += take(size);
            line();
        }
        while (!line().empty()) continue;  // trailers
        return body;
    }

    std::string line() {
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n")) == std::string::npos) buffer_ += socket_.receive();
        std::string text = take(end);
        buffer_.erase(0, 2);
        return text;
    }

    std::string take(std::size_t size) {
        while (buffer_.size() < size) buffer_ += socket_.receive();
        std::string bytes = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return bytes;
    }

    const Socket& socket_;
    std::string buffer_;
};

}  // namespace embedded_server
