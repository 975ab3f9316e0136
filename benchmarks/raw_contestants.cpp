#include "contestant.hpp"
#include "line_split.hpp"
#include "raw_request.hpp"
#include "stamp.hpp"
#include "typical_answer.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace cloud_backend::benchmarks {

namespace {

constexpr long large_buffer = 128L << 10;
constexpr std::string_view data_field = "data: ";

[[nodiscard]] bool is_chunk(std::string_view line) {
    return line.starts_with(data_field) && line[data_field.size()] == '{';
}

struct DropBytes {
    void read(std::string_view /*bytes*/, Delivery& /*delivery*/) {}
};

struct CountLines {
    void read(std::string_view bytes, Delivery& delivery) {
        lines.feed(bytes, [&](std::string_view line) {
            if (is_chunk(line)) ++delivery.chunks;
        });
    }

    LineSplit lines{};
};

struct MakeDom {
    void read(std::string_view bytes, Delivery& delivery) {
        lines.feed(bytes, [&](std::string_view line) {
            if (!is_chunk(line)) return;
            const auto json = nlohmann::json::parse(line.substr(data_field.size()));
            const auto& text = json["choices"][0]["delta"]["content"].get_ref<const std::string&>();
            delivery.text_bytes += text.size();
            ++delivery.chunks;
        });
    }

    LineSplit lines{};
};

template <class Reader>
class RawClient final : public Client {
public:
    RawClient(const Load& load, long buffer_bytes)
        : load_(load), request_(load.url, &on_body, this, buffer_bytes) {}

    Delivery run() override {
        delivery_ = {};
        for (std::size_t i = 0; i < load_.calls; ++i) {
            begun_ = false;
            reader_ = {};
            perform(multi_.get(), request_);
        }
        return delivery_;
    }

private:
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
        static_cast<RawClient*>(self)->read({data, size * count});
        return size * count;
    }

    void read(std::string_view bytes) {
        if (!begun_ && load_.streamed) {
            delivery_.delays.push_back(time_since(bytes.substr(stamp_position, stamp_bytes)));
        }
        begun_ = true;
        delivery_.body_bytes += bytes.size();
        reader_.read(bytes, delivery_);
    }

    Load load_;
    detail::MultiHandle multi_ = detail::make_multi_handle();
    RawRequest request_;
    Reader reader_{};
    bool begun_ = false;
    Delivery delivery_{};
};

template <class Reader>
Contestant raw_contestant(const char* name, long buffer_bytes = RawRequest::default_buffer) {
    return {.name = name, .connect = [buffer_bytes](const Load& load) -> std::unique_ptr<Client> {
                return std::make_unique<RawClient<Reader>>(load, buffer_bytes);
            }};
}

}  // namespace

Contestant raw_libcurl() {
    return raw_contestant<DropBytes>("raw libcurl");
}

Contestant raw_libcurl_with_large_buffer() {
    return raw_contestant<DropBytes>("raw libcurl, 128 KiB buffer", large_buffer);
}

Contestant raw_libcurl_with_line_split() {
    return raw_contestant<CountLines>("raw libcurl + line split");
}

Contestant raw_libcurl_with_dom() {
    return raw_contestant<MakeDom>("the same + nlohmann DOM");
}

}  // namespace cloud_backend::benchmarks
