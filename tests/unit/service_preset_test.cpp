#include "../support/call_fixture.hpp"
#include "../support/environment.hpp"
#include "core/url.hpp"

#include <cloud_backend/service_preset.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>

// Services by name: where they are, and whom their keys may reach (SPEC C4, T11).
namespace cloud_backend::test {
namespace {

class ServicePresets : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    const EnvironmentVariable base_url{"OPENAI_BASE_URL", nullptr};
    ClientOptions options{.log = [](LogLevel, std::string_view) {}, .transport = network};

    /// Asks, and gives the URL and the key that were sent.
    std::string sent_by(std::string_view service) {
        network->expect(Exchange::answer(200, R"({"choices":[{"message":{"content":"pong"},)"
                                              R"("finish_reason":"stop"}]})"));
        const auto backend = create_service_backend(service, options);
        EXPECT_EQ(backend->chat_completion({.messages = {Message::user("ping")}}).content(),
                  "pong");
        const HttpRequest& request = network->requests.back();
        const auto* key = find_header(request.headers, "Authorization");
        return request.url + " " + (key == nullptr ? "(no key)" : *key);
    }
};

TEST_F(ServicePresets, AreDistinctAndSendKeysOnlyToThoseWhoTakeThemUnderCover) {
    std::set<std::string> seen;
    for (const ServicePreset& preset : service_presets()) {
        SCOPED_TRACE(preset.name);
        EXPECT_TRUE(seen.insert(preset.name).second);
        EXPECT_TRUE(seen.insert(preset.base_url).second);
        const detail::BaseUrl url(preset.base_url);
        EXPECT_EQ(url.is_https(), !preset.api_key_variable.empty());
        EXPECT_EQ(url.is_loopback(), preset.api_key_variable.empty());
    }
    EXPECT_EQ(service_presets().size(), 11U);
}

TEST_F(ServicePresets, AnUnknownNameIsRefusedWithTheKnownOnes) {
    const std::string what = error_of<ConfigError>([] { (void)service_preset("grok"); }).what();
    for (const ServicePreset& preset : service_presets()) {
        EXPECT_NE(what.find(preset.name), std::string::npos) << what;
    }
    EXPECT_THROW((void)create_service_backend(""), ConfigError);
}

TEST_F(ServicePresets, TakeUrlAndKeyFromTableAndEnvironment) {
    const EnvironmentVariable key("GROQ_API_KEY", "gsk-1");
    EXPECT_EQ(sent_by("groq"), "https://api.groq.com/openai/v1/chat/completions Bearer gsk-1");
}

TEST_F(ServicePresets, AKeyThatIsGivenComesBeforeTheEnvironment) {
    const EnvironmentVariable key("MISTRAL_API_KEY", "of the environment");
    options.api_key = "given";
    EXPECT_EQ(sent_by("mistral"), "https://api.mistral.ai/v1/chat/completions Bearer given");
    options.api_key = [] { return "asked for"; };
    EXPECT_EQ(sent_by("mistral"), "https://api.mistral.ai/v1/chat/completions Bearer asked for");
}

TEST_F(ServicePresets, TheKeyOfTheEnvironmentNeverGoesToAnotherUrl) {
    const EnvironmentVariable key("DEEPSEEK_API_KEY", "sk-deepseek");
    options.base_url = "https://proxy.test/v1";
    EXPECT_THROW((void)create_service_backend("deepseek", options), ConfigError);
    options.require_api_key = false;
    EXPECT_EQ(sent_by("deepseek"), "https://proxy.test/v1/chat/completions (no key)");
    options.api_key = "of the proxy";
    EXPECT_EQ(sent_by("deepseek"), "https://proxy.test/v1/chat/completions Bearer of the proxy");
}

TEST_F(ServicePresets, AServiceWithoutItsKeyIsRefusedAndNamesTheVariable) {
    const EnvironmentVariable openai("OPENAI_API_KEY", "sk-openai");
    const EnvironmentVariable key("OPENROUTER_API_KEY", nullptr);
    const auto error =
        error_of<ConfigError>([&] { (void)create_service_backend("openrouter", options); });
    EXPECT_NE(std::string_view(error.what()).find("OPENROUTER_API_KEY"), std::string_view::npos);
}

TEST_F(ServicePresets, TheirOwnUrlIsAsNone) {
    const EnvironmentVariable key("GROQ_API_KEY", "gsk-1");
    options.base_url = service_preset("groq").base_url;
    EXPECT_EQ(sent_by("groq"), "https://api.groq.com/openai/v1/chat/completions Bearer gsk-1");
}

TEST_F(ServicePresets, NobodyElseTakesTheOptionsOfOpenAI) {
    const EnvironmentVariable key("OPENAI_API_KEY", "sk-openai");
    options.base_url = from_environment().base_url;
    options.api_key = from_environment().api_key;
    for (const ServicePreset& preset : service_presets()) {
        if (preset.name == "openai") continue;
        EXPECT_THROW((void)create_service_backend(preset.name, options), ConfigError)
            << preset.name;
    }
    EXPECT_EQ(sent_by("openai"), "https://api.openai.com/v1/chat/completions Bearer sk-openai");
}

TEST_F(ServicePresets, KeyUrlAndHeadersOfOpenAIsEnvironmentGoTogether) {
    const EnvironmentVariable key("OPENAI_API_KEY", "sk-proxy");
    const EnvironmentVariable url("OPENAI_BASE_URL", "https://proxy.test/v1");
    const EnvironmentVariable organization("OPENAI_ORG_ID", "org-1");
    const auto organization_sent = [&] {
        const auto* header = find_header(network->requests.back().headers, "OpenAI-Organization");
        return header == nullptr ? "(none)" : *header;
    };
    EXPECT_EQ(sent_by("openai"), "https://proxy.test/v1/chat/completions Bearer sk-proxy");
    EXPECT_EQ(organization_sent(), "org-1");
    options.headers = {{"OpenAI-Organization", "org-2"}};
    (void)sent_by("openai");
    EXPECT_EQ(organization_sent(), "org-2");

    options.headers.clear();
    options.api_key = "given";
    EXPECT_EQ(sent_by("openai"), "https://api.openai.com/v1/chat/completions Bearer given");
    EXPECT_EQ(organization_sent(), "(none)");
    options.api_key = {};
    for (const char* other : {"https://api.openai.com/v1", "https://elsewhere.test"}) {
        options.base_url = other;
        EXPECT_THROW((void)create_service_backend("openai", options), ConfigError) << other;
    }
}

TEST_F(ServicePresets, AServerOfOnesOwnNeedsNoKeyAndSeesNoneOfTheEnvironment) {
    const EnvironmentVariable openai("OPENAI_API_KEY", "sk-openai");
    EXPECT_EQ(sent_by("ollama"), "http://localhost:11434/v1/chat/completions (no key)");
    options.api_key = "of --api-key";
    EXPECT_EQ(sent_by("vllm"), "http://localhost:8000/v1/chat/completions Bearer of --api-key");
    options.base_url = "http://gpu.test:8000";
    EXPECT_THROW((void)create_service_backend("vllm", options), ConfigError) << "in the open";
}

TEST_F(ServicePresets, RequestsAreWrittenInTheDialectOfTheService) {
    options.api_key = "k";
    network->expect(Exchange::answer(200, "data: [DONE]\n\n"));
    const auto backend = create_service_backend("mistral", options);
    (void)backend->chat_completion({.messages = {Message::user("hi")},
                                    .max_completion_tokens = 9,
                                    .seed = 7,
                                    .stream_options = StreamOptions{}},
                                   [](const ChatChunk&) {});
    EXPECT_EQ(network->requests.back().body,
              R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":9,"random_seed":7,)"
              R"("stream":true})");
}

}  // namespace
}  // namespace cloud_backend::test
