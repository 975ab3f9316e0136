#include "http/curl_options.hpp"

#include "core/url.hpp"

#include <chrono>
#include <new>
#include <string>

// T13
#if LIBCURL_VERSION_NUM < 0x075000
#error "libcurl 7.80 or newer is needed, for CURLOPT_PREREQFUNCTION"
#endif

namespace cloud_backend::detail {

namespace {

void append(HeaderList& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
}

/// The caller's own timer is to fire first (T5); zero would be libcurl's 300 s.
long connect_limit(std::chrono::milliseconds timeout) {
    using std::chrono::milliseconds;
    constexpr milliseconds no_limit = std::chrono::hours(24);
    if (timeout <= milliseconds::zero() || timeout > no_limit) timeout = no_limit;
    return static_cast<long>((timeout + timeout / 4 + milliseconds(1'000)).count());
}

void set_request(EasyOptions& easy, const HttpRequest& request, curl_slist* headers) {
    easy.set(CURLOPT_URL, request.url.c_str());
    easy.set(CURLOPT_HTTPHEADER, headers);
    if (request.method == "POST" || !request.body.empty()) {
        easy.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        easy.set(CURLOPT_POSTFIELDS, request.body.data());
    } else {
        easy.set(CURLOPT_HTTPGET, 1L);
    }
    easy.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_http(EasyOptions& easy) {
    // Over HTTP/2, libcurl (7.88) stands still on a head that is larger than its buffer, unless
    // more comes behind it. Larger than this it refuses itself.
    constexpr long largest_http2_head = 128L << 10;
    easy.set(CURLOPT_BUFFERSIZE, largest_http2_head);
#if LIBCURL_VERSION_NUM >= 0x075500  // 7.85
    easy.set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    easy.set(CURLOPT_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
#endif
    easy.set(CURLOPT_FOLLOWLOCATION, 0L);
    easy.set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
    easy.set(CURLOPT_HTTP09_ALLOWED, 0L);
    easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // They are not the server's answer.
    easy.set(CURLOPT_ACCEPT_ENCODING, "gzip");
}

void set_connection(EasyOptions& easy) {
    easy.set(CURLOPT_NOSIGNAL, 1L);
    easy.set(CURLOPT_MAXAGE_CONN, 50L);
    easy.set(CURLOPT_TCP_NODELAY, 1L);
    easy.set(CURLOPT_TCP_KEEPALIVE, 1L);
    easy.set(CURLOPT_TCP_KEEPIDLE, 60L);
    easy.set(CURLOPT_TCP_KEEPINTVL, 30L);
#if LIBCURL_VERSION_NUM >= 0x075700  // 7.87
    easy.set(CURLOPT_QUICK_EXIT, 1L);
#endif
}

/// T9: a proxy from the environment must not be handed what is meant for this machine.
void set_proxy(EasyOptions& easy, const HttpRequest& request, const std::string& proxy) {
    if (is_loopback_host(host_of(request.url))) {
        easy.set(CURLOPT_PROXY, "");
    } else {
        easy.set(CURLOPT_PROXY, proxy.empty() ? nullptr : proxy.c_str());
    }
}

void set_tls(EasyOptions& easy, const TlsOptions& tls) {
    easy.set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    easy.set(CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verification ? 0L : 1L);
    easy.set(CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verification ? 0L : 2L);
    if (!tls.ca_file.empty()) {
        easy.set(CURLOPT_CAINFO, tls.ca_file.c_str());
        easy.set(CURLOPT_CAPATH, nullptr);  // Otherwise the system's are trusted as well.
    }
    if (!tls.client_certificate.empty()) {
        easy.set(CURLOPT_SSLCERT, tls.client_certificate.c_str());
    }
    if (!tls.client_key.empty()) easy.set(CURLOPT_SSLKEY, tls.client_key.c_str());
}

}  // namespace

HeaderList make_header_list(const Headers& headers) {
    HeaderList list;
    append(list, "Expect:");  // T6: no waiting for 100-continue.
    for (const auto& [name, value] : headers) {
        std::string line = name;
        if (value.empty()) {
            line += ';';  // A colon and nothing else would remove the header.
        } else {
            line.append(": ").append(value);
        }
        append(list, line);
    }
    return list;
}

void set_common_options(EasyOptions& easy, const CurlTransportOptions& transport) {
    set_http(easy);
    set_connection(easy);
    set_tls(easy, transport.tls);
}

void set_request_options(EasyOptions& easy, const HttpRequest& request, curl_slist* headers,
                         const CurlTransportOptions& transport) {
    set_request(easy, request, headers);
    set_proxy(easy, request, transport.proxy);
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, connect_limit(request.connect_timeout));
}

void forget_request(EasyOptions& easy) {
    easy.set(CURLOPT_HTTPHEADER, nullptr);
    easy.set(CURLOPT_POSTFIELDS, nullptr);
}

}  // namespace cloud_backend::detail
