#include "backend_fixture.hpp"
#include "faulty_answer.hpp"
#include "faulty_server.hpp"
#include "slow_lookup.hpp"

#include <embedded_server.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>

namespace cloud_backend::test {

namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::Request;

Mode mode_asked_for(const Request& request) {
    return request.header("Accept") == "text/event-stream" ? Mode::streamed : Mode::plain;
}

class FaultyHttp1Server final : public FaultyServer {
public:
    explicit FaultyHttp1Server(Fault fault) : fault_(fault) {}

    ClientOptions options() const override {
        if (fault_ != Fault::slow_name_lookup) return quick_options(server_.url());
        auto options = quick_options("http://" + std::string(slow_host) + ":" +
                                     std::to_string(server_.port()));
        options.allow_insecure_http = true;
        return options;
    }

    void begin_fault() override {
        begun_ = true;
        if (fault_ == Fault::closed_while_idle) server_.close_idle_connections();
        if (fault_ == Fault::reset_while_idle) server_.reset_idle_connections();
        if (fault_ == Fault::slow_name_lookup) slow_lookup_.emplace();
    }

    std::size_t posts() override {
        return static_cast<std::size_t>(
            std::ranges::count(server_.requests(), "POST", &Request::method));
    }

private:
    Answer answer_to(const Request& request) const {
        const Mode mode = mode_asked_for(request);
        return begun_ ? faulty_answer(fault_, mode) : sound_answer(mode);
    }

    const Fault fault_;
    std::atomic<bool> begun_ = false;
    std::optional<SlowLookup> slow_lookup_{};
    EmbeddedServer server_{{.handler = [this](const Request& r) { return answer_to(r); }}};
};

}  // namespace

std::unique_ptr<FaultyServer> start_faulty_http1_server(Fault fault) {
    return std::make_unique<FaultyHttp1Server>(fault);
}

}  // namespace cloud_backend::test
