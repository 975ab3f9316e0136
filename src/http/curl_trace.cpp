#include "http/curl_trace.hpp"

#include "core/redact.hpp"
#include "core/url.hpp"

#include <utility>

namespace cloud_backend::detail {

namespace {

/// Also the query: some services are given the key there.
std::vector<std::string> all_secrets_of(const HttpRequest& request) {
    return secrets_of(request.headers,
                      {request.secret, request.url.substr(without_query(request.url).size())});
}

std::vector<std::string> secret_headers_of(const HttpRequest& request) {
    std::vector<std::string> names;
    for (const Header& header : request.headers) {
        if (is_secret(header, request.secret)) names.push_back(header.name);
    }
    return names;
}

}  // namespace

CurlTrace::CurlTrace(const Log& log, const HttpRequest& request)
    : log_(log), secrets_(all_secrets_of(request)), secret_headers_(secret_headers_of(request)) {}

void CurlTrace::attach(EasyOptions& easy) {
    easy.set(CURLOPT_DEBUGFUNCTION, &on_debug);
    easy.set(CURLOPT_DEBUGDATA, this);
    easy.set(CURLOPT_VERBOSE, 1L);
}

int CurlTrace::on_debug(CURL* /*handle*/, curl_infotype type, char* data, std::size_t size,
                        void* self) noexcept {
    try {
        static_cast<CurlTrace*>(self)->take(type, {data, size});
    } catch (...) {  // A trace that fails must not fail the call.
    }
    return 0;
}

void CurlTrace::take(curl_infotype type, std::string_view text) {
    if (type == CURLINFO_TEXT) write("* ", mask_quoted_header(text, secret_headers_));
    if (type == CURLINFO_HEADER_IN) write("< ", mask_header_lines(text));
    if (type == CURLINFO_HEADER_OUT) take_sent_headers(text);
}

/// In one piece only: a secret that is cut in two cannot be recognised.
void CurlTrace::take_sent_headers(std::string_view piece) {
    sent_headers_ += piece;
    if (!sent_headers_.ends_with("\r\n\r\n")) return;
    const std::string masked = mask_header_lines(std::exchange(sent_headers_, {}));
    const std::string_view lines = masked;
    for (std::size_t begin = 0; begin < lines.size();) {
        const auto end = lines.find('\n', begin);
        write("> ", lines.substr(begin, end - begin));
        if (end == std::string_view::npos) return;
        begin = end + 1;
    }
}

void CurlTrace::write(std::string_view prefix, std::string_view line) const {
    constexpr std::size_t longest = 1024;
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    const std::string text = mask_user_info(mask_secrets(std::string(line), secrets_));
    log_(LogLevel::trace, "{}{}", prefix, printable(text, longest));
}

}  // namespace cloud_backend::detail
