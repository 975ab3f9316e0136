#include "core/url.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <string>

// SPEC T11, T12
namespace cloud_backend::detail {
namespace {

std::string chat_url(const std::string& base) {
    return BaseUrl(base).join("/chat/completions");
}

TEST(BaseUrl, IsJoinedByTheTableOfT12) {
    const std::string host = "https://h.test:8443";
    EXPECT_EQ(chat_url(host), host + "/v1/chat/completions");
    EXPECT_EQ(chat_url(host + "/"), host + "/v1/chat/completions");
    for (const std::string path :
         {"/v1", "/v1/", "/v1//", "/api/v1", "/openai/v1", "/compatible-mode/v1", "/paas/v4"}) {
        const std::string bare = path.substr(0, path.find_last_not_of('/') + 1);
        EXPECT_EQ(chat_url(host + path), host + bare + "/chat/completions");
    }
    EXPECT_EQ(chat_url(host + "/x/chat/completions"), host + "/x/chat/completions");
    EXPECT_EQ(chat_url(host + "/x/chat/completions/"), host + "/x/chat/completions");
    EXPECT_EQ(chat_url(host + "/x/messages"), host + "/x/messages/chat/completions");
    EXPECT_EQ(chat_url(host + "/openai/deployments/D?api-version=2024-10-21"),
              host + "/openai/deployments/D/chat/completions?api-version=2024-10-21");
    EXPECT_EQ(chat_url(host + "?key=1"), host + "/v1/chat/completions?key=1");
}

TEST(BaseUrl, ServesEveryEndpoint) {
    EXPECT_EQ(BaseUrl("https://h.test").join("/models"), "https://h.test/v1/models");
    EXPECT_EQ(BaseUrl("https://h.test/v1/").join("/models"), "https://h.test/v1/models");
    EXPECT_EQ(BaseUrl("https://h.test/v1/chat/completions").join("/models"),
              "https://h.test/v1/models");
    EXPECT_EQ(BaseUrl("https://h.test/v1/messages?x=1").join("/messages"),
              "https://h.test/v1/messages?x=1");
    EXPECT_EQ(BaseUrl("https://h.test/anthropic").join("/messages"),
              "https://h.test/anthropic/messages");
    EXPECT_EQ(BaseUrl("https://h.test/v1/messages").join("/models"), "https://h.test/v1/models");
}

TEST(BaseUrl, JoinsTheQueryOfAnEndpointWithItsOwn) {
    const std::string endpoint = "/models?limit=1";
    EXPECT_EQ(BaseUrl("https://h.test").join(endpoint), "https://h.test/v1/models?limit=1");
    EXPECT_EQ(BaseUrl("https://h.test/v1/models").join(endpoint),
              "https://h.test/v1/models?limit=1");
    EXPECT_EQ(BaseUrl("https://h.test/v1?a=b&c").join(endpoint),
              "https://h.test/v1/models?limit=1&a=b&c");
}

TEST(BaseUrl, KeepsTheCaseOfThePathAndIgnoresThatOfTheScheme) {
    EXPECT_EQ(chat_url("HTTPS://H.test/Path"), "https://H.test/Path/chat/completions");
    EXPECT_TRUE(BaseUrl("HTTPS://H.test").is_https());
    EXPECT_EQ(BaseUrl("https://H.Test").host(), "h.test");
}

TEST(BaseUrl, RefusesWhatIsNoPlainHttpUrl) {
    for (const char* bad : {"",
                            "api.test",
                            "ftp://h.test",
                            "file:///etc/passwd",
                            "https://",
                            "https:///v1",
                            "https://user@h.test",
                            "https://user:pass@h.test",
                            "https://h.test\r\nX: 1",
                            "https://h.test/ v1",
                            "https://h.test/\t",
                            "https://h.test\\evil",
                            "https://h.test#x",
                            "https://h\xC3\xA4.test",
                            "https://h.test:99999",
                            "https://h.test:",
                            "https://h.test:x",
                            "https://h.test:0",
                            "https://h.test:-1",
                            "https://[::1",
                            "https://::1",
                            "https://h<.test",
                            "https://[g::1]"}) {
        EXPECT_THROW(BaseUrl{bad}, ConfigError) << bad;
    }
    EXPECT_THROW(BaseUrl(std::string_view("https://h\0.test", 15)), ConfigError);
}

TEST(BaseUrl, ARefusalDoesNotQuoteTheUrl) {
    try {
        const BaseUrl url("https://user:secret@h.test");
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
}

TEST(BaseUrl, KnowsLoopback) {
    for (const char* loopback : {"http://localhost:1", "http://LOCALHOST", "http://127.0.0.1:80",
                                 "http://127.1.2.3", "http://[::1]:8080", "http://[::1]"}) {
        EXPECT_TRUE(BaseUrl(loopback).is_loopback()) << loopback;
    }
    for (const char* other :
         {"http://localhost.test", "http://127.evil.test", "http://127.0.0.1.test",
          "http://10.0.0.1", "http://[::2]", "http://0.0.0.0", "http://128.0.0.1",
          "http://127.0.0.1.", "http://127..0.1", "http://127.0.0.256", "http://127.0.0.08",
          "http://127.0.0", "http://127.0.0.1.1"}) {
        EXPECT_FALSE(BaseUrl(other).is_loopback()) << other;
    }
}

TEST(Url, HostAndQuery) {
    EXPECT_EQ(host_of("https://u:p@H.test:1/x?y"), "h.test");
    EXPECT_EQ(host_of("http://[::1]:80"), "::1");
    EXPECT_EQ(host_of("nonsense"), "");
    EXPECT_EQ(without_query("https://h.test/x?key=1"), "https://h.test/x");
    EXPECT_EQ(without_query("https://h.test/x"), "https://h.test/x");
}

}  // namespace
}  // namespace cloud_backend::detail
