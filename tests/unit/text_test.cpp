#include "core/redact.hpp"
#include "core/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// SPEC E2, E4, S4
namespace cloud_backend::detail {
namespace {

TEST(MaskSecret, MasksEveryOccurrence) {
    EXPECT_EQ(mask_secret("sk-1 and sk-1sk-1", "sk-1"), "*** and ******");
    EXPECT_EQ(mask_secret("nothing", "sk-1"), "nothing");
    EXPECT_EQ(mask_secret("a text", ""), "a text");
    EXPECT_EQ(mask_secret("aa", "a"), "******");
}

TEST(MaskSecret, IsLinearInWhatAServerEchoes) {
    std::string echoed;
    for (int i = 0; i < 500'000; ++i) echoed += "secret";
    EXPECT_EQ(mask_secret(echoed, "secret").size(), 1'500'000u);
}

TEST(MaskHeaderLines, MasksSecretHeadersInAnyCase) {
    EXPECT_EQ(mask_header_lines("POST / HTTP/1.1\r\nAUTHORIZATION: Bearer k\r\nAccept: x\r\n"
                                "api-key: k\r\nCookie: a=b\r\n\r\n"),
              "POST / HTTP/1.1\r\nAUTHORIZATION: ***\r\nAccept: x\r\n"
              "api-key: ***\r\nCookie: ***\r\n\r\n");
    EXPECT_EQ(mask_header_lines("set-cookie: a"), "set-cookie: ***");
}

TEST(MaskQuotedHeader, MasksTheRestOfTheMessageWhateverWasCut) {  // E4, HTTP/2
    const std::vector<std::string> names{"Authorization", "x-my-key"};
    EXPECT_EQ(mask_quoted_header("h2h3 [authorization: Bearer sk-1234567890...", names),
              "h2h3 [authorization: ***");
    EXPECT_EQ(mask_quoted_header("[HTTP/2] [1] [x-my-key: abc]", names),
              "[HTTP/2] [1] [x-my-key: ***");
    EXPECT_EQ(mask_quoted_header("[HTTP/2] [1] [accept: */*]", names),
              "[HTTP/2] [1] [accept: */*]");
    EXPECT_EQ(mask_quoted_header("Trying [::1]:80...", names), "Trying [::1]:80...");
}

TEST(MaskUserInfo, WithAndWithoutScheme) {  // E4
    EXPECT_EQ(mask_user_info("http_proxy == 'user:pw@host:3128'"), "http_proxy == '***@host:3128'");
    EXPECT_EQ(mask_user_info("in 'http://user:p w@bad host:80'"), "in 'http://***@bad host:80'");
    EXPECT_EQ(mask_user_info("http://a:b@one http://c:d@two"), "http://***@one http://***@two");
    EXPECT_EQ(mask_user_info("no address here"), "no address here");
    EXPECT_EQ(mask_user_info("@ alone"), "@ alone");
}

TEST(SecretsOf, AreTheKeyAndTheValuesOfSecretHeadersWithoutTheirScheme) {
    EXPECT_EQ(secrets_of({{"Authorization", "Bearer a"}, {"X", "b"}, {"api-key", "cc"}}, {"key"}),
              (std::vector<std::string>{"Bearer a", "key", "cc", "a"}));
}

TEST(MaskSecrets, LeavesNothingOfASecretThatBeginsWithAnother) {
    EXPECT_EQ(mask_secrets("sk-1 sk-123", secrets_of({{"api-key", "sk-123"}}, {"sk-1"})),
              "*** ***");
}

TEST(IsSecret, ByNameOrBecauseItHoldsTheKey) {
    EXPECT_TRUE(is_secret({"cookie", "a"}, ""));
    EXPECT_TRUE(is_secret({"x-my-key", "Token k-1"}, "k-1"));
    EXPECT_FALSE(is_secret({"x-title", "a"}, ""));
}

TEST(IsSecretHeader, KnowsKeysCookiesAndProxyCredentials) {
    for (const char* name :
         {"Authorization", "api-key", "X-API-Key", "Cookie", "Set-Cookie", "Proxy-Authorization",
          "x-goog-api-key", "Ocp-Apim-Subscription-Key"}) {
        EXPECT_TRUE(is_secret_header(name)) << name;
    }
    EXPECT_FALSE(is_secret_header("Accept"));
}

TEST(Printable, EscapesControlCharacters) {
    EXPECT_EQ(printable("a\nb\rc\td\x1B[31m\x7F", 100), "a\\nb\\rc\\td\\x1b[31m\\x7f");
    EXPECT_EQ(printable("\xC2\x85 \xE2\x80\xA8 \xE2\x80\xA9", 100),
              "\\xc2\\x85 \\xe2\\x80\\xa8 \\xe2\\x80\\xa9");
    EXPECT_EQ(printable(std::string("a\0b", 3), 100), "a\\x00b");
    EXPECT_EQ(printable("\xC3\xA4\xF0\x9F\x98\x80", 100), "\xC3\xA4\xF0\x9F\x98\x80");
    EXPECT_EQ(printable("a\xFF", 100), "a\xEF\xBF\xBD");
}

TEST(Printable, CutsBetweenCharactersOnly) {
    EXPECT_EQ(printable("0123456789", 10), "0123456789");
    EXPECT_EQ(printable("0123456789a", 10), "0123456...");
    const std::string wide = "\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80";
    for (std::size_t limit = 0; limit < 16; ++limit) {
        const std::string cut = printable(wide, limit);
        EXPECT_LE(cut.size(), limit);
        EXPECT_TRUE(is_valid_utf8(cut));
        const std::string escaped = printable("\x1B\x1B\x1B\x1B\x1B", limit);
        EXPECT_LE(escaped.size(), limit);
    }
    EXPECT_EQ(printable(std::string(100'000, 'x'), 1024).size(), 1024u);
}

TEST(Utf8, OneReplacementForEachMaximalIllFormedPart) {
    const std::string r = "\xEF\xBF\xBD";
    struct Row {
        std::string text;
        std::string repaired;
    };
    const std::vector<Row> table{
        {"", ""},
        {"plain", "plain"},
        {"\xC3\xA4", "\xC3\xA4"},
        {"\xE2\x82\xAC\xF0\x9F\x98\x80", "\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"\x80", r},
        {"\xC0\xAF", r + r},                  // Overlong.
        {"\xE0\x9F\xBF", r + r + r},          // Overlong.
        {"\xED\xA0\x80", r + r + r},          // A surrogate.
        {"\xF4\x90\x80\x80", r + r + r + r},  // Beyond U+10FFFF.
        {"\xF5", r},
        {"\xE2\x82", r},  // Cut.
        {"\xF0\x9F\x98", r},
        {"\xF0\x9F\x98 x", r + " x"},
        {"a\xE2\x82\x61", "a" + r + "a"},
        {"\xC3", r},
    };
    for (const auto& [text, repaired] : table) {
        EXPECT_EQ(repair_utf8(text), repaired);
        EXPECT_EQ(is_valid_utf8(text), text == repaired);
        EXPECT_TRUE(is_valid_utf8(repaired));
    }
}

TEST(Utf8, OneBadByteIsFoundAnywhere) {
    const std::string text(40, 'x');
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string bad = text;
        bad[i] = '\x80';
        EXPECT_FALSE(is_valid_utf8(bad)) << i;
        EXPECT_EQ(repair_utf8(bad), text.substr(0, i) + "\xEF\xBF\xBD" + text.substr(i + 1));
    }
}

}  // namespace
}  // namespace cloud_backend::detail
