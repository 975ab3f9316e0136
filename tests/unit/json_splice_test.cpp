#include "chat/json_splice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace cloud_backend::detail {
namespace {

using namespace std::string_view_literals;

TEST(MembersOf, FindsKeysAndValuesAsTheyStand) {
    const auto members =
        members_of(R"( { "a" : "x,}\"]" , "b":[1,{"c":"]"}] ,"d":-1e5,"e":null} )");
    ASSERT_EQ(members.size(), 4u);
    EXPECT_EQ(members[0].key, R"("a")");
    EXPECT_EQ(members[0].value, R"("x,}\"]")");
    EXPECT_EQ(members[1].value, R"([1,{"c":"]"}])");
    EXPECT_EQ(members[2].value, "-1e5");
    EXPECT_EQ(members[3].name(), "e");
    EXPECT_TRUE(members_of("{ }").empty());
}

TEST(MembersOf, NamesAreUnescapedAndKeysStay) {
    const auto members = members_of(R"({"\u0073tream":1,"a\"b\\":2,"":3})");
    ASSERT_EQ(members.size(), 3U);
    EXPECT_EQ(members[0].key, R"("\u0073tream")");
    EXPECT_EQ(members[0].name(), "stream");
    EXPECT_EQ(members[1].name(), R"(a"b\)");
    EXPECT_EQ(members[2].name(), "");
}

TEST(MembersOf, WalksDeepNestingWithoutRecursion) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    const std::string object = "{\"a\":" + deep + ",\"b\":1}";
    const auto members = members_of(object);
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0].value, deep);
    EXPECT_EQ(members[1].value, "1");
}

TEST(IsJson, TakesAnyValueAndNothingBesides) {
    for (const auto text : {"1"sv, " null\n"sv, "\"\xC3\xA9\""sv, "[{}]"sv}) {
        EXPECT_TRUE(is_json(text)) << text;
    }
    for (const auto text : {""sv, "1 2"sv, "{"sv, "[1,]"sv, "NaN"sv, "\"\xFF\""sv, "1\0"sv,
                            "1\0 anything"sv, "\xEF\xBB\xBF{}"sv, "// c\n1"sv}) {
        EXPECT_FALSE(is_json(text)) << text;
    }
}

TEST(IsJsonObject, TakesObjectsOnly) {
    for (const auto text : {"{}"sv, " \n{\"a\":1} "sv}) EXPECT_TRUE(is_json_object(text)) << text;
    for (const auto text : {""sv, " "sv, "[]"sv, "1"sv, "{}{}"sv, "{}\0}"sv}) {
        EXPECT_FALSE(is_json_object(text)) << text;
    }
}

}  // namespace
}  // namespace cloud_backend::detail
