// Many streams on one thread with nothing but libcurl: curl_multi_socket_action over epoll.
#include "contestant.hpp"
#include "http/curl_handle.hpp"
#include "raw_request.hpp"
#include "socket.hpp"
#include "stamp.hpp"
#include "typical_answer.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace cloud_backend::benchmarks {

namespace {

constexpr int no_timeout = -1;

class MultiSocketClient final : public Client {
public:
    explicit MultiSocketClient(const Load& load)
        : load_(load), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
        curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
        curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
        curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(load.at_once));
        for (std::size_t i = 0; i < load.at_once; ++i) {
            requests_.emplace_back(load.url, &on_body, this);
        }
    }

    Delivery run() override {
        delivery_ = {};
        left_to_start_ = load_.calls;
        running_ = 0;
        for (RawRequest& request : requests_) start(request.easy());
        while (running_ > 0) wait();
        return delivery_;
    }

private:
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
        static_cast<MultiSocketClient*>(self)->drop({data, size * count});
        return size * count;
    }

    void drop(std::string_view bytes) {
        delivery_.body_bytes += bytes.size();
        if (load_.timed == Timed::every_chunk && bytes.size() == event_bytes) {
            delivery_.delays.push_back(time_since(bytes.substr(stamp_position, stamp_bytes)));
        }
    }

    static int on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
        static_cast<MultiSocketClient*>(self)->timeout_ = static_cast<int>(milliseconds);
        return 0;
    }

    static int on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* known) {
        static_cast<MultiSocketClient*>(self)->watch(socket, what, known != nullptr);
        return 0;
    }

    void watch(curl_socket_t socket, int what, bool known) {
        epoll_event event{};
        if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) event.events |= EPOLLIN;
        if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) event.events |= EPOLLOUT;
        event.data.fd = socket;
        int operation = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        if (what == CURL_POLL_REMOVE) operation = EPOLL_CTL_DEL;
        ::epoll_ctl(epoll_.fd(), operation, socket, &event);
        curl_multi_assign(multi_.get(), socket, what == CURL_POLL_REMOVE ? nullptr : this);
    }

    void start(CURL* easy) {
        if (left_to_start_ == 0) return;
        --left_to_start_;
        ++running_;
        curl_multi_add_handle(multi_.get(), easy);
    }

    void wait() {
        std::array<epoll_event, 256> events{};
        const int count =
            ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), timeout_);
        int still_running = 0;
        if (count == 0) {
            timeout_ = no_timeout;
            curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &still_running);
        }
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            int ready = 0;
            if ((event.events & EPOLLOUT) != 0) ready |= CURL_CSELECT_OUT;
            if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) ready |= CURL_CSELECT_IN;
            curl_multi_socket_action(multi_.get(), event.data.fd, ready, &still_running);
        }
        take_results();
    }

    void take_results() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            CURL* easy = message->easy_handle;
            if (message->data.result != CURLE_OK) throw std::runtime_error("a transfer failed");
            curl_multi_remove_handle(multi_.get(), easy);
            --running_;
            start(easy);
        }
    }

    Load load_;
    Delivery delivery_{};
    std::size_t left_to_start_ = 0;
    std::size_t running_ = 0;
    int timeout_ = no_timeout;
    embedded_server::Socket epoll_;
    std::vector<RawRequest> requests_{};
    detail::MultiHandle multi_ = detail::make_multi_handle();
};

}  // namespace

Contestant raw_multi_socket() {
    return {.name = "raw curl_multi_socket_action",
            .connect = [](const Load& load) -> std::unique_ptr<Client> {
                return std::make_unique<MultiSocketClient>(load);
            }};
}

}  // namespace cloud_backend::benchmarks
