#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/raw_json.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <type_traits>

namespace cloud_backend {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

template <class T, class... Args>
concept Braces = requires(Args... args) {
    T{{args...}};
};

template <class Key, class Value>
concept ExtraOfPair = requires(Key key, Value value) {
    ChatRequest{.extra = {{key, value}}};
};

template <class Value>
concept ExtraOf = requires(Value value) {
    ChatRequest{.extra = value};
};

TEST(RawJson, ABracedPairDoesNotCompile) {
    static_assert(!Braces<RawJson, const char*, int>);
    static_assert(!Braces<RawJson, const char*, const char*>);
    static_assert(!std::is_convertible_v<const char*, RawJson>);
    static_assert(!std::is_convertible_v<std::string, RawJson>);
    static_assert(std::is_convertible_v<Json, RawJson>);
    static_assert(std::is_convertible_v<Ordered, RawJson>);
    EXPECT_EQ(RawJson(Json{{"seed", 7}}).text(), R"({"seed":7})");
}

TEST(RawJson, TakesTextThatIsJsonOnly) {
    EXPECT_EQ(RawJson::parse_text("{\"a\": 1}").parse().at("a"), 1);
    EXPECT_THROW((void)RawJson::parse_text("{"), ConfigError);
    EXPECT_THROW((void)RawJson::parse_text("\"\xFF\""), ConfigError);
    EXPECT_TRUE(RawJson().parse().is_null());
}

TEST(RawJson, JsonThatCannotBeDumpedIsAConfigError) {
    EXPECT_THROW(RawJson(Json("\xFF")), ConfigError);
}

TEST(RawJson, ADiscardedValueIsAConfigError) {
    const Json discarded = Json::parse("{", nullptr, false);
    ASSERT_TRUE(discarded.is_discarded());
    EXPECT_THROW(RawJson{discarded}, ConfigError);
    EXPECT_THROW(RawJson{Ordered::parse("", nullptr, false)}, ConfigError);
}

TEST(RawJson, ARequestTakesJsonAndNoBracedPairAsExtra) {
    static_assert(!ExtraOfPair<const char(&)[5], int>);               // .extra = {{"seed", 7}}
    static_assert(!ExtraOfPair<const char(&)[5], const char(&)[2]>);  // .extra = {{"user", "x"}}
    static_assert(!ExtraOfPair<std::string, std::string>);
    static_assert(!ExtraOf<const char*>);
    static_assert(ExtraOf<Json>);
    static_assert(ExtraOf<Ordered>);
    const ChatRequest sorted{.extra = Json{{"seed", 7}}};
    EXPECT_EQ(sorted.extra.text(), R"({"seed":7})");
    const ChatRequest ordered{.extra = Ordered{{"z", 1}, {"a", 2}}};
    EXPECT_EQ(ordered.extra.text(), R"({"z":1,"a":2})");
}

TEST(RawJson, TextIsKeptAsItStands) {
    EXPECT_EQ(RawJson::parse_text(R"( {"b" : 1.0, "a":1e2} )").text(), R"( {"b" : 1.0, "a":1e2} )");
}

TEST(RawJson, DeepTextCostsNoStack) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_EQ(RawJson::parse_text(deep).text(), deep);
    EXPECT_THROW((void)RawJson::parse_text(deep.substr(1)), ConfigError);
}

TEST(RawJson, ARefusalDoesNotRepeatTheText) {
    try {
        (void)RawJson::parse_text("{\"secret\"");
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
}

TEST(RawJson, NothingHidesBehindANulOrAByteOrderMark) {
    EXPECT_THROW((void)RawJson::parse_text(std::string("1\0x", 3)), ConfigError);
    EXPECT_THROW((void)RawJson::parse_text("\xEF\xBB\xBF{}"), ConfigError);
}

}  // namespace
}  // namespace cloud_backend
