#include "raw_request.hpp"

#include <stdexcept>

namespace cloud_backend::benchmarks {

namespace {

constexpr const char* body =
    R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"ping"}],"stream":true})";

template <class Code>
void check(Code code) {
    if (code != Code{}) throw std::runtime_error("libcurl cannot make the call");
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
    check(curl_easy_setopt(easy, option, value));
}

}  // namespace

RawRequest::RawRequest(const std::string& url, curl_write_callback write, void* user,
                       long buffer_bytes) {
    for (const char* line :
         {"Content-Type: application/json", "Authorization: Bearer sk-none", "Expect:"}) {
        headers_.reset(curl_slist_append(headers_.release(), line));
    }
    set(easy(), CURLOPT_URL, url.c_str());
    set(easy(), CURLOPT_HTTPHEADER, headers_.get());
    set(easy(), CURLOPT_POSTFIELDS, body);
    set(easy(), CURLOPT_PROXY, "");
    set(easy(), CURLOPT_NOSIGNAL, 1L);
    set(easy(), CURLOPT_BUFFERSIZE, buffer_bytes);
    set(easy(), CURLOPT_WRITEFUNCTION, write);
    set(easy(), CURLOPT_WRITEDATA, user);
}

void perform(CURLM* multi, const RawRequest& request) {
    constexpr int wait_milliseconds = 10'000;
    check(curl_multi_add_handle(multi, request.easy()));
    int running = 1;
    while (running > 0) {
        check(curl_multi_perform(multi, &running));
        if (running > 0) check(curl_multi_poll(multi, nullptr, 0, wait_milliseconds, nullptr));
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi, &left);
    const CURLcode result = message == nullptr ? CURLE_FAILED_INIT : message->data.result;
    check(curl_multi_remove_handle(multi, request.easy()));
    check(result);
}

}  // namespace cloud_backend::benchmarks
