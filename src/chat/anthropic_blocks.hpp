#pragma once

#include "chat/object_writer.hpp"

#include <cloud_backend/message.hpp>

#include <string>
#include <vector>

// The content of messages as Anthropic's protocol writes it: a list of blocks. What it cannot say
// throws a `ConfigError`, in which `where` names the message.
namespace cloud_backend::detail {

class JsonList {
public:
    void add(ObjectWriter object) { add_json(object.finish()); }
    void add_json(const std::string& json) { append_elements(open_list_, '[' + json + ']'); }
    void add_elements(std::string_view array) { append_elements(open_list_, array); }
    [[nodiscard]] bool empty() const { return open_list_.size() == 1; }
    [[nodiscard]] std::string json() const { return open_list_ + ']'; }

private:
    std::string open_list_ = "[";
};

/// A block that says `text`, which is JSON.
[[nodiscard]] ObjectWriter text_block(const std::string& text);
/// A call of a tool that the model asked for.
[[nodiscard]] ObjectWriter tool_use_block(const ToolCall& call, const std::string& where);
/// `Message::parts`. What another server answered in a form of its own is left out, and so are
/// blank texts, which the service refuses.
void add_parts(JsonList& blocks, const Message& message, const std::string& where);

}  // namespace cloud_backend::detail
