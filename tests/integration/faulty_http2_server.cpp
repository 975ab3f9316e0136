#include "faulty_http2_server.hpp"

#include "../support/backend_fixture.hpp"
#include "../support/faulty_content.hpp"
#include "../support/slow_lookup.hpp"
#include "real_server_certificates.hpp"
#include "real_server_process.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cloud_backend::test {

namespace {

using Json = nlohmann::json;

/// JSON has text only: each byte becomes the character of its number.
std::string latin1(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0 | (byte >> 6));
            text += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return text;
}

Json head(const Content& content, Json more_headers) {
    more_headers[":status"] = 200;
    for (const auto& [name, value] : content.headers) more_headers[name] = value;
    return more_headers;
}

Json length_of(const Content& content) {
    return {{"Content-Length", content.body.size()}};
}

/// What faulty_http2_server.mjs is to do, one step after the other.
class Script {
public:
    Script step(const char* name, Json argument = nullptr) && {
        steps_.push_back(Json::array({name, std::move(argument)}));
        return std::move(*this);
    }
    Script respond(const Content& content, Json more_headers = Json::object()) && {
        return std::move(*this).step("respond", head(content, std::move(more_headers)));
    }
    /// And waits until the client has read it.
    Script write(std::string_view bytes) && {
        return std::move(*this).step("write", latin1(bytes)).step("await_peer");
    }
    Script trickle(std::string_view bytes) && {
        const std::size_t piece = bytes.size() / trickle_pieces + 1;
        Script script = std::move(*this);
        for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
            script = std::move(script)
                         .step("pause", trickle_pause.count())
                         .step("write", latin1(bytes.substr(0, piece)));
        }
        return script;
    }
    [[nodiscard]] const Json& steps() const { return steps_; }

private:
    Json steps_ = Json::array();
};

Script answer(const Content& content, Json more_headers) {
    return Script().step(
        "answer", Json::array({head(content, std::move(more_headers)), latin1(content.body)}));
}

Script whole(const Content& content) {
    return answer(content, length_of(content));
}

Script without_length(const Content& content) {
    return answer(content, Json::object());
}

/// The first event is whole, what follows is not.
std::string_view first_part(const Content& content) {
    return std::string_view(content.body).substr(0, content.body.find(sound_word));
}

Script begun(const Content& content) {
    return Script().respond(content).write(first_part(content));
}

/// With more announced than comes.
Script too_short(const Content& content) {
    return Script().respond(content, length_of(content)).write(first_part(content)).step("finish");
}

/// The stream under way is the last one to be answered.
Script finished_after_go_away(const Content& content) {
    const auto first = first_part(content);
    return begun(content)
        .step("go_away")
        .step("await_peer")
        .step("write", latin1(std::string_view(content.body).substr(first.size())))
        .step("finish");
}

Script script_of(Fault fault, const Content& content) {
    switch (fault) {
        case Fault::closed_before_a_byte:
            return Script().step("close_connections");
        case Fault::reset_before_a_byte:
            return Script().step("reset_connections");
        case Fault::stream_reset_before_a_byte:
            return Script().step("reset_stream", "NGHTTP2_INTERNAL_ERROR");
        case Fault::refused_stream:
            return Script().step("reset_stream", "NGHTTP2_REFUSED_STREAM");
        case Fault::go_away_before_a_byte:
            return Script().step("go_away").step("await_peer").step("close_connections");
        case Fault::closed_in_body:
            return begun(content).step("close_connections");
        case Fault::reset_in_body:
            return begun(content).step("reset_connections");
        case Fault::stream_reset_in_body:
            return begun(content).step("reset_stream", "NGHTTP2_INTERNAL_ERROR");
        case Fault::stream_reset_without_error:
            return begun(content).step("reset_stream", "NGHTTP2_NO_ERROR");
        case Fault::short_body:
            return too_short(content);
        case Fault::html_without_length:
            return without_length(content);
        case Fault::status_line_only:
            return Script().step("respond_and_finish", {{":status", 200}});
        case Fault::go_away_in_body:
            return finished_after_go_away(content);
        case Fault::stall_before_headers:
            return Script();
        case Fault::stall_in_body:
            return begun(content);
        case Fault::trickle:
            return Script()
                .respond(content, length_of(content))
                .trickle(content.body)
                .step("finish");
        default:
            return whole(content);
    }
}

/// What happens to a connection without a request.
Script idle_script_of(Fault fault) {
    switch (fault) {
        case Fault::closed_while_idle:
            return Script().step("close_connections");
        case Fault::reset_while_idle:
            return Script().step("reset_connections");
        case Fault::go_away_while_idle:
            return Script().step("go_away");
        case Fault::go_away_behind_ping:
            return Script().step("ping").step("flush").step("go_away");
        default:
            return Script();
    }
}

/// node running faulty_http2_server.mjs, which says what it understands. All faults share it, since
/// it takes longer to start than most of them do.
class Node {
public:
    static Node& running() {
        static Node node;
        return node;
    }

    [[nodiscard]] const std::string& port() const { return port_; }
    /// Returns the POSTs that have arrived once it is done.
    std::size_t tell(Json message) {
        const std::string done = "done " + std::to_string(++messages_) + " ";
        message["id"] = messages_;
        process_.write_line(message.dump());
        return std::stoul(process_.await_line_with(done).substr(done.size()));
    }

private:
    Node() = default;

    ChildProcess process_{
        {"node", FAULTY_HTTP2_SERVER, certificates().valid.certificate, certificates().valid.key},
        Input::lines};
    const std::string port_ =
        process_.await_line_with("port ").substr(std::string_view("port ").size());
    int messages_ = 0;
};

/// What `script_for` says of each mode, by what requests for it accept.
template <class ScriptOf>
Json answers(const ScriptOf& script_for) {
    return {{"application/json", script_for(Mode::plain).steps()},
            {"text/event-stream", script_for(Mode::streamed).steps()}};
}

class FaultyHttp2Server final : public FaultyServer {
public:
    explicit FaultyHttp2Server(Fault fault) : fault_(fault) {
        const auto script_for = [](Mode mode) { return whole(sound_content(mode)); };
        node_.tell({{"answers", answers(script_for)}});
    }

    ClientOptions options() const override {
        const bool by_name = fault_ == Fault::slow_name_lookup;
        const auto host = by_name ? std::string(slow_host) : "127.0.0.1";
        auto options = quick_options("https://" + host + ":" + node_.port());
        options.tls.ca_file = certificates().authority.certificate;
        return options;
    }

    void begin_fault() override {
        const auto script_for = [this](Mode mode) {
            return script_of(fault_, faulty_content(fault_, mode));
        };
        node_.tell({{"answers", answers(script_for)}, {"now", idle_script_of(fault_).steps()}});
        if (fault_ == Fault::slow_name_lookup) slow_lookup_.emplace();
    }

    std::size_t posts() override { return node_.tell(Json::object()); }

private:
    const Fault fault_;
    std::optional<SlowLookup> slow_lookup_{};
    Node& node_ = Node::running();
};

}  // namespace

std::unique_ptr<FaultyServer> start_faulty_http2_server(Fault fault) {
    return std::make_unique<FaultyHttp2Server>(fault);
}

}  // namespace cloud_backend::test
