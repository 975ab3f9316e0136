#include "credentials.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

// SPEC T11, R11
namespace cloud_backend::detail {
namespace {

using namespace std::string_literals;

TEST(Credentials, AKeyLosesSurroundingWhiteSpace) {
    EXPECT_EQ(Credentials(" sk-1\n", true, true).current(), "sk-1");
}

TEST(Credentials, AKeyThatWouldBreakOutOfItsHeaderIsRefused) {
    for (const auto& key : {"sk-1\r\nX-Evil: 1"s, "sk\n1"s, "sk\r1"s, "sk\0001"s}) {
        EXPECT_THROW(Credentials(ApiKey(key), true, true), ConfigError);
    }
}

TEST(Credentials, AKeyThatNoHeaderCanCarryIsRefused) {
    for (const auto& key : {"sk\x7f"s, "sk\x01x"s, "sk\ttab"s, "sk-\xff"s}) {
        EXPECT_THROW(Credentials(ApiKey(key), true, true), ConfigError);
    }
    EXPECT_NO_THROW(Credentials("sk-\xC3\xA9", true, true));
}

TEST(Credentials, ARefusalDoesNotQuoteTheKey) {
    try {
        const Credentials credentials("sk-secret\r\nX: 1", true, true);
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()).find("sk-secret"), std::string::npos);
    }
}

TEST(Credentials, AnEmptyKeyIsRefusedUnlessNoneIsNeeded) {
    EXPECT_THROW(Credentials({}, true, true), ConfigError);
    EXPECT_THROW(Credentials("  ", true, true), ConfigError);
    EXPECT_EQ(Credentials({}, false, true).current(), "");
}

TEST(Credentials, AKeyIsNotSentInTheOpen) {
    EXPECT_THROW(Credentials("sk-1", true, false), ConfigError);
    EXPECT_NO_THROW(Credentials({}, false, false));
}

TEST(Credentials, AKeyFunctionIsAskedForEachAttemptAndCheckedEachTime) {  // R11
    int asked = 0;
    const Credentials credentials(
        [&asked] { return ++asked == 3 ? "bad\nkey" : "sk-" + std::to_string(asked); }, true, true);
    EXPECT_EQ(asked, 0);
    EXPECT_EQ(credentials.current(), "sk-1");
    EXPECT_EQ(credentials.current(), "sk-2");
    EXPECT_THROW((void)credentials.current(), ConfigError);
}

TEST(Credentials, WhatAKeyFunctionThrowsPassesThrough) {
    const Credentials credentials([]() -> std::string { throw std::out_of_range("no token"); },
                                  true, true);
    EXPECT_THROW((void)credentials.current(), std::out_of_range);
}

TEST(CheckHeaders, RefusesWhatWouldBreakOutOfItsLine) {
    EXPECT_NO_THROW(check_headers({{"X-Title", "my app"}, {"X-Empty", ""}}));
    EXPECT_THROW(check_headers({{"X", "a\r\nB: c"}}), ConfigError);
    EXPECT_THROW(check_headers({{"X", std::string("a\0b", 3)}}), ConfigError);
    EXPECT_THROW(check_headers({{"X: y", "a"}}), ConfigError);
    EXPECT_THROW(check_headers({{"", "a"}}), ConfigError);
    EXPECT_THROW(check_headers({{"X", "\xff"}}), ConfigError);
}

TEST(SetHeader, ReplacesTheSameNameInAnyCase) {
    Headers headers{{"Accept", "a"}, {"X", "1"}, {"accept", "b"}};
    set_header(headers, {"ACCEPT", "c"});
    EXPECT_EQ(headers, (Headers{{"X", "1"}, {"ACCEPT", "c"}}));
}

}  // namespace
}  // namespace cloud_backend::detail
