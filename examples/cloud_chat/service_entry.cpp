#include "service_entry.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/service_preset.hpp>

#include <fmt/format.h>

namespace cloud_chat {

ServiceEntry parse_service_entry(std::string_view text) {
    const std::size_t separator = text.find('=');
    ServiceEntry entry{.text = std::string(text), .server = std::string(text.substr(0, separator))};
    if (separator != std::string_view::npos) entry.model = text.substr(separator + 1);
    if (entry.server.empty() || (separator != std::string_view::npos && entry.model.empty())) {
        throw cloud_backend::ConfigError(
            fmt::format("expected SERVICE, URL, SERVICE=MODEL or URL=MODEL, not \"{}\"", text));
    }
    if (!entry.is_url()) {
        [[maybe_unused]] const auto& known = cloud_backend::service_preset(entry.server);
    }
    return entry;
}

}  // namespace cloud_chat
