#pragma once

#include "chat/json_body.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/model_info.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>

#include <simdjson.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::detail {

/// The models a JSON answer lists, in order; empty when it is no list. The list is `data`, else
/// `models`, else the whole answer; in the first two null is a list of none if the answer calls
/// itself a list. Entries that do not say what a request would name are left out. Of a list longer
/// than `max_listed` the rest but one is not read.
[[nodiscard]] std::optional<std::vector<ModelInfo>> read_model_list(simdjson::dom::element json);

/// Reads an answer that lists models.
class ModelListReader final : public ResponseReader {
public:
    explicit ModelListReader(const LimitOptions& limits) : body_(limits) {}

    std::string_view accept() const override { return "application/json"; }
    void begin(const ResponseHead& head) override { body_.begin(head); }
    Reading on_body(std::string_view bytes) override;
    Reading on_end() override;
    Reading on_cut() override { return on_end(); }

    /// The models, after `Complete`.
    [[nodiscard]] std::vector<ModelInfo> take() { return std::move(models_); }

private:
    JsonBody body_;
    std::vector<ModelInfo> models_{};
};

}  // namespace cloud_backend::detail
