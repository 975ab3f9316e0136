#include "tools/waiting_calls.hpp"

#include "chat/object_writer.hpp"

#include <cloud_backend/error.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>
#include <string>

namespace cloud_backend::detail {

namespace {

/// Mistral's templates take ids of nine letters and digits only.
std::string made_id(std::size_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, 5 - std::min<std::size_t>(digits.size(), 5), '0');
    return "call" + digits;
}

std::set<std::string> ids_of(const std::vector<Message>& messages) {
    std::set<std::string> ids;
    for (const Message& message : messages) {
        ids.insert(message.tool_call_id);
        for (const ToolCall& call : message.tool_calls) ids.insert(call.id);
    }
    return ids;
}

bool is_result(const Message& message) {
    return message.role == Role::tool;
}

/// Where no result is missing above `end`, behind calls that others follow.
void check_results(const std::vector<Message>& messages, std::size_t end) {
    for (std::size_t i = 0; i < end; ++i) {
        const auto calls = messages[i].tool_calls.size();
        const auto behind = messages.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        const auto results = std::find_if_not(behind, messages.end(), is_result) - behind;
        if (static_cast<std::size_t>(results) < calls) {
            throw ConfigError(at("messages", i) +
                              " calls tools without results: run it before messages are added");
        }
    }
}

/// The result of each call, in their order; null: it has none.
std::vector<Message*> results_of(const std::vector<ToolCall>& calls, std::span<Message> results) {
    std::vector<Message*> found;
    for (const ToolCall& call : calls) {
        const auto result = std::ranges::find_if(results, [&](Message& candidate) {
            return candidate.tool_call_id == call.id &&
                   std::ranges::find(found, &candidate) == found.end();
        });
        found.push_back(result == results.end() ? nullptr : &*result);
    }
    return found;
}

}  // namespace

void complete_ids(Message& message, const std::vector<Message>& conversation) {
    std::set<std::string> used = ids_of(conversation);
    for (const ToolCall& call : message.tool_calls) used.insert(call.id);
    std::set<std::string> own;
    std::size_t number = 0;
    for (ToolCall& call : message.tool_calls) {
        if (call.id.empty() || own.contains(call.id)) {
            do call.id = made_id(++number);
            while (used.contains(call.id));
        }
        own.insert(call.id);
    }
}

std::vector<ToolCall> waiting_calls(std::vector<Message>& messages) {
    const auto last = std::find_if_not(messages.rbegin(), messages.rend(), is_result);
    if (last == messages.rend()) return {};
    const auto results = static_cast<std::size_t>(last.base() - messages.begin());
    check_results(messages, results - 1);
    const auto& calls = last->tool_calls;
    // By the ids as they were: an equal or empty one stands for the calls in turn.
    const auto paired = results_of(calls, std::span(messages).subspan(results));
    complete_ids(*last, messages);
    std::vector<ToolCall> waiting;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (paired[i] == nullptr) {
            waiting.push_back(calls[i]);
        } else {
            paired[i]->tool_call_id = calls[i].id;
        }
    }
    return waiting;
}

}  // namespace cloud_backend::detail
