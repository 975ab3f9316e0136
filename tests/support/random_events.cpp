#include "random_events.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::test {

namespace {

using Json = nlohmann::json;
using namespace std::string_view_literals;

/// Pieces of a choice as they stand in `choices`, or of one field of it.
using Pieces = std::vector<Json>;

/// At characters: JSON cannot hold a part of one.
std::vector<std::string> cut_text(Random& random, std::string_view text) {
    std::vector<std::string> pieces(1);
    const std::size_t most = 1 + pick(random, 12);
    for (const char c : text) {
        const bool inside = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        if (!inside && one_in(random, most)) pieces.emplace_back();
        pieces.back() += c;
    }
    return pieces;
}

/// A piece of a delta.
Json delta(std::string_view field, Json value) {
    return {{"delta", {{field, std::move(value)}}}};
}

/// An order that keeps either's.
Pieces merged(Random& random, Pieces one, Pieces other) {
    Pieces both;
    auto left = one.begin();
    auto right = other.begin();
    while (left != one.end() || right != other.end()) {
        const auto lefts = static_cast<std::size_t>(one.end() - left);
        const auto rights = static_cast<std::size_t>(other.end() - right);
        auto& next = pick(random, lefts + rights) < lefts ? left : right;
        both.push_back(std::move(*next++));
    }
    return both;
}

Pieces text_pieces(Random& random, std::string_view field, std::string_view text) {
    Pieces pieces;
    if (text.empty()) return pieces;
    for (auto& piece : cut_text(random, text)) pieces.push_back(delta(field, std::move(piece)));
    return pieces;
}

/// As text, or as a list of parts.
Pieces content_pieces(Random& random, std::string_view content) {
    const bool parts = one_in(random, 5);
    Pieces pieces = text_pieces(random, "content", content);
    for (auto& piece : pieces) {
        Json& said = piece["delta"]["content"];
        if (parts) said = Json::array({{{"type", "text"}, {"text", said}}});
    }
    return pieces;
}

/// Under either name, or both.
Pieces reasoning_pieces(Random& random, std::string_view reasoning) {
    const auto names = pick(random, 3);
    Pieces pieces = text_pieces(random, "reasoning", reasoning);
    for (auto& piece : pieces) {
        Json& fields = piece["delta"];
        if (names != 0) fields["reasoning_content"] = fields["reasoning"];
        if (names == 1) fields.erase("reasoning");
    }
    return pieces;
}

/// A list comes element by element; anything else may come again, and be null then.
Pieces field_pieces(Random& random, const std::string& field, const Json& value) {
    Pieces pieces;
    if (value.is_array()) {
        for (const Json& element : value) pieces.push_back({{field, Json::array({element})}});
        return pieces;
    }
    pieces.push_back({{field, value}});
    if (one_in(random, 2)) pieces.push_back({{field, one_in(random, 2) ? value : Json()}});
    return pieces;
}

Pieces extra_pieces(Random& random, const RawJson& extra) {
    Pieces pieces;
    const Json fields = extra.parse();
    for (const auto& [field, value] : fields.items()) {
        pieces = merged(random, std::move(pieces), field_pieces(random, field, value));
    }
    return pieces;
}

// --- tool calls ----------------------------------------------------------------------------------

/// What tells the deltas of one call from those of another (A1).
enum class Label {
    index,
    id,       ///< In each delta. All have the same index, or none.
    order,    ///< The calls do not mingle. As `id`, but the first delta alone needs one.
    opening,  ///< Nor do these. The first delta has an index; what follows has nothing.
};

/// A NUL is the end of the text to nlohmann.
bool is_object_or_list(const std::string& text) {
    return text.find('\0') == std::string::npos &&
           Json::parse(text, nullptr, false).is_structured();
}

Label random_label(Random& random, const std::vector<ToolCall>& calls) {
    bool by_id = true;     // A call that opens at a used index is told by its id and name,
    bool by_order = true;  // or by whole arguments before it.
    for (std::size_t i = 1; i < calls.size(); ++i) {
        const ToolCall& before = calls[i - 1];
        const bool whole = is_object_or_list(before.arguments);
        by_id &= !calls[i].id.empty() && calls[i].name != before.name;
        by_order &= !calls[i].id.empty() && (calls[i].name != before.name || whole);
    }
    std::vector<Label> possible{Label::index, Label::opening};
    if (by_id) possible.push_back(Label::id);
    if (by_order) possible.push_back(Label::order);
    return any_of(random, possible);
}

/// The deltas of one call, in which `index` may be null for none.
Pieces call_pieces(Random& random, const ToolCall& call, Label label, const Json& index) {
    const std::string_view called = call.type == "custom" ? "custom" : "function";
    const std::string_view arguments = call.type == "custom" ? "input" : "arguments";
    const bool may_repeat = !call.id.empty() && label != Label::opening;
    const bool repeats = may_repeat && (label == Label::id || one_in(random, 2));
    Pieces pieces;
    for (auto& text : cut_text(random, call.arguments)) {
        Json piece{{called, {{arguments, std::move(text)}}}};
        if (pieces.empty() || repeats) {
            piece["id"] = call.id;
            piece["type"] = call.type;
            piece[called]["name"] = call.name;
        } else if (one_in(random, 2)) {
            piece["id"] = one_in(random, 2) ? Json() : "";
            piece[called]["name"] = one_in(random, 2) ? Json() : "";
        }
        const bool without_index = label == Label::opening && !pieces.empty();
        piece["index"] = without_index ? Json() : index;
        if (piece["index"].is_null() && one_in(random, 2)) piece.erase("index");
        pieces.push_back(std::move(piece));
    }
    if (!call.function_extra.empty()) pieces.front()[called].update(call.function_extra.parse());
    if (!call.extra.empty()) pieces.front().update(call.extra.parse());
    return pieces;
}

Pieces tool_call_pieces(Random& random, const std::vector<ToolCall>& calls) {
    const Label label = random_label(random, calls);
    const Json shared_index = std::array<Json, 3>{Json(), -1, 0}.at(pick(random, 3));
    const std::size_t first_index = pick(random, 3);
    Pieces pieces;
    std::size_t opened = 0;  // Up to the opening of the last call: they open in their order (A4).
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const bool own_index = label == Label::index || label == Label::opening;
        const Json index = own_index ? Json(first_index + i) : shared_index;
        const Pieces call = call_pieces(random, calls[i], label, index);
        if (label == Label::order || label == Label::opening) opened = pieces.size();
        const auto behind = pieces.begin() + static_cast<std::ptrdiff_t>(opened);
        Pieces mingled = merged(random, Pieces(behind, pieces.end()), call);
        pieces.erase(behind, pieces.end());
        const auto opening = std::ranges::find(mingled, call.front());
        opened += static_cast<std::size_t>(opening - mingled.begin()) + 1;
        std::ranges::move(mingled, std::back_inserter(pieces));
    }
    for (Json& piece : pieces) piece = delta("tool_calls", Json::array({std::move(piece)}));
    return pieces;
}

// --- choices -------------------------------------------------------------------------------------

Pieces within_delta(Pieces pieces) {
    for (Json& piece : pieces) piece = {{"delta", std::move(piece)}};
    return pieces;
}

Pieces said_pieces(Random& random, const Choice& choice) {
    const Message& message = choice.message;
    Pieces logprobs;
    const Json tokens = choice.logprobs.parse();
    if (!tokens.is_null()) logprobs = field_pieces(random, "content", tokens["content"]);
    for (Json& piece : logprobs) piece = {{"logprobs", std::move(piece)}};
    Pieces annotations;
    if (!message.annotations.empty()) {
        annotations =
            within_delta(field_pieces(random, "annotations", message.annotations.parse()));
    }
    Pieces pieces = content_pieces(random, message.content);
    for (auto& more : {reasoning_pieces(random, message.reasoning),
                       text_pieces(random, "refusal", message.refusal),
                       tool_call_pieces(random, message.tool_calls), annotations, logprobs,
                       within_delta(extra_pieces(random, message.extra))}) {
        pieces = merged(random, std::move(pieces), more);
    }
    return pieces;
}

/// Adds what `piece` says behind `earlier`; null says nothing.
void join(Json& earlier, const Json& piece) {
    static constexpr std::array texts{"content"sv, "reasoning"sv, "reasoning_content"sv,
                                      "refusal"sv};
    for (const auto& [key, value] : piece.items()) {
        Json& before = earlier[key];
        if (before.is_object() && value.is_object()) {
            join(before, value);
        } else if (before.is_array() && value.is_array()) {
            before.insert(before.end(), value.begin(), value.end());
        } else if (before.is_string() && value.is_string() && std::ranges::count(texts, key) > 0) {
            before = before.get<std::string>() + value.get<std::string>();
        } else if (!value.is_null()) {
            before = value;
        }
    }
}

/// Some neighbours become one.
Pieces joined(Random& random, const Pieces& pieces) {
    const std::size_t most = 1 + pick(random, 4);
    Pieces fewer;
    for (const Json& piece : pieces) {
        if (fewer.empty() || one_in(random, most)) {
            fewer.push_back(piece);
        } else {
            join(fewer.back(), piece);
        }
    }
    return fewer;
}

Pieces choice_pieces(Random& random, const Choice& choice) {
    Pieces pieces = joined(random, said_pieces(random, choice));
    pieces.insert(pieces.begin(), Json{{"delta", Json::object()}});
    const bool is_tool = choice.message.role == Role::tool;
    const bool says_role = is_tool || one_in(random, 2);
    for (Json& piece : pieces) {
        const bool first = &piece == &pieces.front();
        if (says_role && (first || one_in(random, 4))) {
            piece["delta"]["role"] = is_tool ? "tool" : "assistant";
        }
    }
    pieces.push_back({{"finish_reason", choice.finish_reason}});
    if (one_in(random, 4)) pieces.push_back({{"delta", nullptr}, {"finish_reason", "again"}});
    for (Json& piece : pieces) {
        if (choice.index != 0 || one_in(random, 2)) piece["index"] = choice.index;
        if (!piece.contains("finish_reason") && one_in(random, 2)) piece["finish_reason"] = nullptr;
    }
    return pieces;
}

// --- events --------------------------------------------------------------------------------------

/// Whatever an event says of it once it is known does not count (A7).
void say_again(Random& random, Json& event, const std::string& field) {
    const std::array<Json, 3> values{Json(), "", "other"};
    if (one_in(random, 3)) event[field] = any_of(random, values);
}

void add_head(Random& random, Pieces& events, const ChatCompletion& answer) {
    for (Json& event : events) {
        for (const char* field : {"id", "model"}) say_again(random, event, field);
        if (one_in(random, 3)) event["created"] = answer.created + 1;
        if (one_in(random, 3)) event["service_tier"] = answer.service_tier.empty() ? "" : "auto";
    }
    events.front().update(
        {{"id", answer.id}, {"model", answer.model}, {"created", answer.created}});
    events.back()["service_tier"] = answer.service_tier;
    events[pick(random, events.size())]["system_fingerprint"] = answer.system_fingerprint;
    if (one_in(random, 3)) {
        events.insert(
            events.begin(),
            Json{{"choices", Json::array()}, {"id", ""}, {"model", nullptr}, {"created", 0}});
    }
}

/// With each event until the last count, or null and missing (A6).
void add_usage(Random& random, Pieces& events, const std::optional<Usage>& usage) {
    const std::size_t last = pick(random, events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (one_in(random, 2)) continue;
        events[i]["usage"] = usage && i < last ? Json{{"total_tokens", i}} : Json();
    }
    if (usage) events[last]["usage"] = usage->raw.parse();
}

Pieces event_pieces(Random& random, const ChatCompletion& answer) {
    Pieces events;
    for (const Choice& choice : answer.choices) {
        events = merged(random, std::move(events), choice_pieces(random, choice));
    }
    for (Json& event : events) event = {{"choices", Json::array({std::move(event)})}};
    Pieces extra = extra_pieces(random, answer.extra);
    for (Json& event : extra) event["choices"] = Json::array();
    return joined(random, merged(random, std::move(events), std::move(extra)));
}

}  // namespace

std::vector<std::string> random_events(Random& random, const ChatCompletion& answer) {
    Pieces events = event_pieces(random, answer);
    add_head(random, events, answer);
    add_usage(random, events, answer.usage);
    std::vector<std::string> data;
    for (const Json& event : events) {
        data.push_back(event.dump(one_in(random, 4) ? 1 : -1, ' ', one_in(random, 2)));
    }
    return data;
}

}  // namespace cloud_backend::test
