#include "chat/model_list.hpp"

#include "chat/api_error.hpp"
#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"

#include <string>
#include <variant>

namespace cloud_backend::detail {

namespace {

namespace dom = simdjson::dom;

/// The array of models, or the null in its place.
std::optional<dom::element> find_list(dom::element json) {
    if (json.is_array()) return json;
    const auto object = as_object(json);
    if (!object) return std::nullopt;
    const bool says_list = find_string(*object, "object") == "list";
    std::optional<dom::element> list;
    for (const char* key : {"data", "models"}) {
        const auto member = find_member(*object, key);
        if (member && member->is_array()) return member;
        if (says_list && member && member->is_null()) list = member;
    }
    return list;
}

/// A list whose first entry is a model, so that an `error` in it is a field of the model.
bool begins_with_model(dom::element json) {
    const auto list = as_array(json);
    if (!list || list->size() == 0) return false;
    const auto first = as_object(list->at(0).value_unsafe());
    return first && !find_string(*first, "id").empty();
}

ModelInfo read_model(dom::object json, std::string& buffer) {
    ModelInfo model;
    // Where an entry has no id, requests name what it calls its name.
    const std::string_view id_key = find_string(json, "id").empty() ? "name" : "id";
    MemberCollector extra(buffer);
    for (const auto& [key, value] : json) {
        if (key == id_key) {
            model.id = string_or_empty(value);
        } else if (key == "created") {
            model.created = int_or_zero(value);
        } else if (key == "owned_by") {
            model.owned_by = string_or_empty(value);
        } else if (key != "object") {
            extra.add(key, value);
        }
    }
    extra.store(model.extra);
    return model;
}

}  // namespace

std::optional<std::vector<ModelInfo>> read_model_list(dom::element json) {
    const auto list = find_list(json);
    if (!list) return std::nullopt;
    std::vector<ModelInfo> models;
    const auto entries = as_array(*list);
    if (!entries) return models;
    std::string buffer;
    for (const auto element : *entries) {
        const auto object = as_object(element);
        if (!object) continue;
        if (models.size() > max_listed) break;
        auto model = read_model(*object, buffer);
        if (!model.id.empty()) models.push_back(std::move(model));
    }
    return models;
}

Reading ModelListReader::on_body(std::string_view bytes) {
    if (auto error = body_.append(bytes)) return std::move(*error);
    return NeedMore{};
}

Reading ModelListReader::on_end() {
    auto parsed = body_.parse();
    if (auto* error = std::get_if<ErrorDetails>(&parsed)) return std::move(*error);
    const auto json = std::get<dom::element>(parsed);
    if (!begins_with_model(json)) {
        if (auto error = find_error(json)) return std::move(*error);
    }
    auto models = read_model_list(json);
    if (!models) return body_.unexpected("the answer is JSON, but no list of models", false);
    if (models->size() > max_listed) {  // T8
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer lists too many models"};
    }
    models_ = std::move(*models);
    return Complete{};
}

}  // namespace cloud_backend::detail
