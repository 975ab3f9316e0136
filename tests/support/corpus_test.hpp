#pragma once

#include "corpus.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// Base of the tests that read the corpus. Without one they are skipped, but fail in CI, which is
/// where the environment variable CLOUD_BACKEND_CI is 1.
class CorpusTest : public testing::Test {
protected:
    void SetUp() override {
        if (!corpus_available()) {
            constexpr std::string_view reason = "CLOUD_BACKEND_CORPUS names no folder";
            const char* const ci =
                std::getenv("CLOUD_BACKEND_CI");  // NOLINT(concurrency-mt-unsafe)
            if (ci != nullptr && std::string_view(ci) == "1") FAIL() << reason;
            GTEST_SKIP() << reason;
        }
        cases_ = load_corpus();
        ASSERT_FALSE(cases_.empty());
    }

    /// Those of one kind.
    [[nodiscard]] std::vector<CorpusCase> cases_of(std::string_view kind) const {
        std::vector<CorpusCase> chosen;
        for (const auto& recorded : cases_) {
            if (recorded.kind == kind) chosen.push_back(recorded);
        }
        return chosen;
    }

private:
    std::vector<CorpusCase> cases_{};
};

}  // namespace cloud_backend::test
