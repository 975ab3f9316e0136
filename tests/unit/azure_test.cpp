#include "../support/call_fixture.hpp"
#include "../support/environment.hpp"

#include <cloud_backend/azure.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

// Where a deployment is, and whom its key may reach (SPEC C4, T11, T12).
namespace cloud_backend::test {
namespace {

class Azure : public ::testing::Test {
protected:
    const EnvironmentVariable no_endpoint{"AZURE_OPENAI_ENDPOINT", nullptr};
    const EnvironmentVariable no_key{"AZURE_OPENAI_API_KEY", nullptr};
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options{
        .api_key = "az-1", .log = [](LogLevel, std::string_view) {}, .transport = network};
    AzureOptions azure{.resource = "contoso", .deployment = "gpt-4o", .api_version = "2024-10-21"};

    const HttpRequest& sent() {
        network->expect(Exchange::answer(200, R"({"choices":[{"message":{"content":"pong"},)"
                                              R"("finish_reason":"stop"}]})"));
        const auto backend = create_azure_backend(azure, options);
        EXPECT_EQ(backend->chat_completion({.messages = {Message::user("ping")}}).content(),
                  "pong");
        return network->requests.back();
    }
    std::string key_sent() {
        const auto* key = find_header(sent().headers, "api-key");
        return key == nullptr ? "(none)" : *key;
    }
    void expect_refusal(std::string_view what) {
        EXPECT_THROW((void)create_azure_backend(azure, options), ConfigError) << what;
    }
};

TEST_F(Azure, ADeploymentHasAUrlAndAHeaderOfItsOwn) {
    EXPECT_EQ(sent().url,
              "https://contoso.openai.azure.com/openai/deployments/gpt-4o/chat/completions"
              "?api-version=2024-10-21");
    EXPECT_EQ(key_sent(), "az-1");
    EXPECT_EQ(find_header(sent().headers, "Authorization"), nullptr);
}

TEST_F(Azure, WithoutAVersionTheRequestNamesTheDeployment) {
    azure.api_version.clear();
    expect_refusal("a deployment that nobody would be asked for");
    azure.deployment.clear();
    EXPECT_EQ(sent().url, "https://contoso.openai.azure.com/openai/v1/chat/completions");
    EXPECT_EQ(key_sent(), "az-1");
}

TEST_F(Azure, AnEndpointTakesThePlaceOfTheResource) {
    azure.resource.clear();
    azure.endpoint = "https://contoso.openai.azure.us/";
    EXPECT_EQ(sent().url,
              "https://contoso.openai.azure.us/openai/deployments/gpt-4o/chat/completions"
              "?api-version=2024-10-21");
    azure.resource = "contoso";
    expect_refusal("both");
}

TEST_F(Azure, NamesThatLeadElsewhereAreRefused) {
    const AzureOptions good = azure;
    for (const char* name : {"", "a.b", "evil.test/", "evil.test#", "a@evil.test", "a b", "a/b",
                             "a?b", "a%2Fb", "-", "\xC3\xA9"}) {
        azure = good;
        azure.resource = name;
        expect_refusal(name);
    }
    for (const char* name : {"", "..", ".", "a/b", "a?b", "a#b", "a b", "a%2e", "a\r\nb"}) {
        azure = good;
        azure.deployment = name;
        expect_refusal(name);
    }
    for (const char* version : {"2024&x=1", "2024#", " 2024"}) {
        azure = good;
        azure.api_version = version;
        expect_refusal(version);
    }
    for (const char* endpoint :
         {"contoso.openai.azure.com", "https://a.test/openai", "https://a.test?x",
          "https://u:p@a.test", "http://a.test", "://"}) {
        azure = {.deployment = "d", .api_version = "v1", .endpoint = endpoint};
        expect_refusal(endpoint);
    }
    azure = good;
    azure.deployment = "Gpt_4.1-mini";
    EXPECT_NE(sent().url.find("/Gpt_4.1-mini/"), std::string::npos);
}

TEST_F(Azure, AUrlBesideItsOptionsIsRefused) {
    options.base_url = "https://elsewhere.test";
    expect_refusal("the key would go elsewhere");
    options.base_url = "https://api.openai.com/v1";
    expect_refusal("the options of OpenAI's environment");
}

TEST_F(Azure, TheKeyOfTheEnvironmentGoesToAzureAlone) {
    const EnvironmentVariable key("AZURE_OPENAI_API_KEY", "az-env");
    const EnvironmentVariable openai("OPENAI_API_KEY", "sk-openai");
    EXPECT_EQ(key_sent(), "az-1");
    options.api_key = {};
    EXPECT_EQ(key_sent(), "az-env");
    azure.resource.clear();
    azure.endpoint = "https://proxy.test";
    expect_refusal("no key for one's own endpoint");
    azure.endpoint.clear();
    expect_refusal("no resource");
}

TEST_F(Azure, TheEnvironmentNamesTheEndpointOfItsKey) {
    const EnvironmentVariable key("AZURE_OPENAI_API_KEY", "az-env");
    const EnvironmentVariable endpoint("AZURE_OPENAI_ENDPOINT", "https://env.openai.azure.com/");
    options.api_key = {};
    azure.resource.clear();
    EXPECT_EQ(sent().url.substr(0, 29), "https://env.openai.azure.com/");
    EXPECT_EQ(key_sent(), "az-env");
    azure.resource = "env";
    EXPECT_EQ(key_sent(), "az-env");
    azure.resource = "contoso";
    expect_refusal("the key of another resource");
    azure.resource.clear();
    azure.endpoint = "https://ENV.openai.azure.com";
    EXPECT_EQ(key_sent(), "az-env");
    azure.endpoint = "https://env.openai.azure.com.evil.test";
    expect_refusal("the key of another endpoint");
    options.require_api_key = false;
    EXPECT_EQ(key_sent(), "(none)");
    options.api_key = "az-2";
    EXPECT_EQ(key_sent(), "az-2");
}

TEST_F(Azure, AMissingKeyNamesItsVariable) {
    options.api_key = {};
    const auto error = error_of<ConfigError>([&] { (void)create_azure_backend(azure, options); });
    EXPECT_NE(std::string_view(error.what()).find("AZURE_OPENAI_API_KEY"), std::string_view::npos);
}

TEST_F(Azure, TheEndpointMayBeThatOfTheV1Api) {
    azure = {.endpoint = "https://contoso.openai.azure.com/openai/v1/"};
    EXPECT_EQ(sent().url, "https://contoso.openai.azure.com/openai/v1/chat/completions");
    azure.endpoint = "https://contoso.openai.azure.com/v1";
    expect_refusal("another path");
    azure = {.deployment = "d",
             .api_version = "2024-10-21",
             .endpoint = "https://contoso.openai.azure.com/openai/v1"};
    expect_refusal("a version and the API that has none");
}

TEST_F(Azure, ListsTheModelsOfTheResource) {
    const auto asked = [&] {
        network->expect(Exchange::answer(200, R"({"object":"list","data":[{"id":"gpt-4o"}]})"));
        EXPECT_EQ(create_azure_backend(azure, options)->list_models().size(), 1U);
        return network->requests.back().url;
    };
    EXPECT_EQ(asked(), "https://contoso.openai.azure.com/openai/models?api-version=2024-10-21");
    azure = {.resource = "contoso"};
    EXPECT_EQ(asked(), "https://contoso.openai.azure.com/openai/v1/models");
}

TEST_F(Azure, RequestsMayBeWrittenInADialect) {
    network->expect(Exchange::answer(200, R"({"choices":[{"message":{"content":"pong"}}]})"));
    const auto backend = create_azure_backend(azure, options, {.max_tokens_only = true});
    (void)backend->chat_completion({.max_completion_tokens = 1});
    EXPECT_EQ(network->requests.back().body, R"({"messages":[],"max_tokens":1})");
}

TEST_F(Azure, AFunctionGivesTheKeyOfEachAttempt) {
    options.api_key = [] { return "fresh"; };
    EXPECT_EQ(key_sent(), "fresh");
}

TEST_F(Azure, ARedirectionIsAnErrorAndNothingFollowsIt) {  // T6
    network->expect(Exchange::answer(307, "", {{"Location", "https://elsewhere.test/"}}));
    const auto backend = create_azure_backend(azure, options);
    EXPECT_EQ(error_of<ApiError>([&] { (void)backend->chat_completion({}); }).status(), 307);
    EXPECT_EQ(network->requests.size(), 1U);
}

TEST_F(Azure, TheKeyIsMaskedWhereTheServerQuotesIt) {  // E2
    network->expect(Exchange::answer(401, R"({"error":{"message":"az-1 is not accepted"}})"));
    const auto backend = create_azure_backend(azure, options);
    const auto error = error_of<AuthenticationError>([&] { (void)backend->chat_completion({}); });
    EXPECT_EQ(std::string_view(error.what()).find("az-1"), std::string_view::npos) << error.what();
}

}  // namespace
}  // namespace cloud_backend::test
