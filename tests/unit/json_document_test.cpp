#include "chat/json_document.hpp"

#include "chat/json_writer.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::detail {

namespace {

/// What a document reads, written again; empty when it cannot be read.
std::string reread(JsonDocument& document, std::string_view text) {
    const auto parsed = document.parse(text);
    const auto* json = std::get_if<simdjson::dom::element>(&parsed);
    if (json == nullptr) return {};
    std::string written;
    append_json(written, *json);
    return written;
}

std::string reread(std::string_view text) {
    JsonDocument document;
    return reread(document, text);
}

JsonFault fault_of(std::string_view text, std::size_t max_depth = 256) {
    JsonDocument document(max_depth);
    const auto parsed = document.parse(text);
    return std::get<JsonFault>(parsed);
}

std::string nested(std::size_t levels, std::string_view innermost = "1") {
    return std::string(levels, '[') + std::string(innermost) + std::string(levels, ']');
}

TEST(JsonDocument, ReadsEveryKindOfValue) {
    for (const std::string_view text : {"null",
                                        "true",
                                        "false",
                                        "0",
                                        "-1",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "18446744073709551615",
                                        "1.5",
                                        "1.0",
                                        "-0.0",
                                        "1e+22",
                                        "5e-324",
                                        R"("")",
                                        R"("text")",
                                        R"("\"\\\n\r\t\u0001/")",
                                        "[]",
                                        "{}",
                                        "[1,[2,[]],{}]",
                                        R"({"a":{"b":[null]},"a b":"ü😀"})"}) {
        EXPECT_EQ(reread(text), text);
    }
    EXPECT_EQ(reread(" { \"a\" : [ 1 , 2 ] }\r\n"), R"({"a":[1,2]})");
}

TEST(JsonDocument, TellsWhatItRead) {
    JsonDocument document;
    ASSERT_TRUE(std::holds_alternative<simdjson::dom::element>(document.parse(" [1] ")));
    EXPECT_EQ(document.source(), " [1] ");

    const std::string padded = "[2]" + std::string(SseParser::padding, 'x');
    const auto text = std::string_view(padded).substr(0, 3);
    ASSERT_TRUE(std::holds_alternative<simdjson::dom::element>(document.parse_padded(text)));
    EXPECT_EQ(document.source().data(), text.data()) << "text that needs no repair is not copied";

    ASSERT_TRUE(std::holds_alternative<simdjson::dom::element>(document.parse(R"(["\ud83d"])")));
    EXPECT_EQ(document.source(), R"(["\ufffd"])");
}

TEST(JsonDocument, RefusesWhatIsNotJson) {
    for (const std::string_view text :
         {"", " ", "{", "[1", "\"open", "nul", "NaN", "[DONE]", "\x80",
          // What does not belong together.
          "[1] x", "{}{}", "[1],", "[1,]", "{'a':1}", R"({"a":})",
          // Numbers that are none.
          "01", "-", "1.", ".5", "+1", "0x10", "1e5-3", "--1",
          // Strings that are none, also where something else in them is repaired.
          R"("\x")", R"("\u12g4")", R"("\ud83d" x)", "\"tab\there\""}) {
        EXPECT_EQ(fault_of(text), JsonFault::malformed) << text;
    }
}

TEST(JsonDocument, ReadsAgainAfterAFault) {
    JsonDocument document;
    EXPECT_EQ(reread(document, "[1"), "");
    EXPECT_EQ(reread(document, nested(300)), "");
    EXPECT_EQ(reread(document, "[1]"), "[1]");
}

// T8
TEST(JsonDocument, LimitsNesting) {
    EXPECT_EQ(reread(nested(256)), nested(256));
    EXPECT_EQ(fault_of(nested(257)), JsonFault::too_deep);
    EXPECT_EQ(fault_of(nested(100'000)), JsonFault::too_deep);
    EXPECT_EQ(fault_of(nested(1'000'000, "")), JsonFault::too_deep);
    EXPECT_EQ(fault_of(nested(3), 2), JsonFault::too_deep);
    EXPECT_EQ(fault_of(R"({"a":{"b":{"c":1}}})", 2), JsonFault::too_deep);
    EXPECT_EQ(fault_of(R"([["\ud83d",[1]]])", 2), JsonFault::too_deep) << "after a repair";
}

// T8
TEST(JsonDocument, KeepsTheLimitOfNestingWhenItGrows) {
    JsonDocument document(8);
    EXPECT_EQ(reread(document, nested(8)), nested(8));
    const std::string large = '"' + std::string(100'000, 'x') + '"';
    EXPECT_EQ(reread(document, large), large);
    EXPECT_EQ(reread(document, nested(8)), nested(8));
    EXPECT_EQ(reread(document, nested(9)), "");
    EXPECT_EQ(reread(document, nested(8, large)), nested(8, large));
    EXPECT_EQ(reread(document, nested(9, large)), "");
}

// S4
TEST(JsonDocument, RepairsLoneSurrogateEscapes) {
    struct Case {
        std::string_view text;
        std::string_view repaired;
    };
    for (const auto& [text, repaired] : std::array<Case, 14>{{
             {R"(["\ud83d"])", R"(["\ufffd"])"},
             {R"(["a\uD83Db"])", R"(["a\ufffdb"])"},
             {R"(["\udc00"])", R"(["\ufffd"])"},
             {R"(["\ud83d\ud83d"])", R"(["\ufffd\ufffd"])"},
             {R"(["\ude00\ud83d"])", R"(["\ufffd\ufffd"])"},
             {R"(["\ud83d\ud83d\ude00"])", R"(["\ufffd\ud83d\ude00"])"},
             {R"(["\ud83d\ude00\ude00"])", R"(["\ud83d\ude00\ufffd"])"},
             {R"(["\ud83d\n"])", R"(["\ufffd\n"])"},
             {R"(["\ud83dx\ude00"])", R"(["\ufffdx\ufffd"])"},
             // A backslash that is itself escaped escapes nothing.
             {R"(["\\ud83d\ud83d"])", R"(["\\ud83d\ufffd"])"},
             {R"(["\\\ud83d"])", R"(["\\\ufffd"])"},
             {R"(["\"\ud83d\""])", R"(["\"\ufffd\""])"},
             {R"({"\ud83d":"\u0041"})", R"({"\ufffd":"\u0041"})"},
             {R"(["\udbff\udfff\ud800"])", R"(["\udbff\udfff\ufffd"])"},
         }}) {
        JsonDocument document;
        EXPECT_TRUE(std::holds_alternative<simdjson::dom::element>(document.parse(text))) << text;
        EXPECT_EQ(document.source(), repaired);
    }
}

// S4
TEST(JsonDocument, RepairsInvalidUtf8) {
    EXPECT_EQ(reread("[\"a\x80z\"]"), "[\"a\uFFFDz\"]");
    EXPECT_EQ(reread("[\"\xF0\x9F\x98\"]"), "[\"\uFFFD\"]");
    EXPECT_EQ(reread("[\"\xED\xA0\xBD\"]").find('\xED'), std::string::npos);
    EXPECT_EQ(reread("{\"\xFF\":\"\\ud83d\"}"), "{\"\uFFFD\":\"\uFFFD\"}");
}

TEST(JsonDocument, RepairsNumbersThatAreTooLarge) {
    EXPECT_EQ(reread("[18446744073709551616,1]"), "[18446744073709551616.0,1]");
    EXPECT_EQ(reread("[-9223372036854775809]"), "[-9223372036854775808.0]");
    EXPECT_EQ(reread("[123456789012345678901234567890]"), "[1.2345678901234568e+29]");
    EXPECT_EQ(reread(R"({"a":1e400,"b":-1e400,"c":1.5})"), R"({"a":null,"b":null,"c":1.5})");
    EXPECT_EQ(reread('[' + std::string(400, '9') + ']'), "[null]");
    EXPECT_EQ(reread(R"(["1e400",18446744073709551615,1e400])"),
              R"(["1e400",18446744073709551615,null])")
        << "what looks like a number inside a string is left alone";
    EXPECT_EQ(reread("1e400"), "null");
    EXPECT_EQ(reread("[" + std::string(700, '9') + "e-10,1e400,1e+99999999999]"),
              "[null,null,null]");
}

TEST(JsonDocument, ReadsNumbersThatAreTooSmallAlikeWithAndWithoutRepair) {
    const std::string zeros(400, '0');
    for (const std::string& small : std::vector<std::string>{
             "1e-400", "-1e-400", "0.5E-330", "0." + zeros + "1", "-0." + zeros + "1",
             "1" + zeros + "e-900", "0e400", "0." + zeros + "1e+10", "1e-99999999999"}) {
        const auto plain = reread("[" + small + "]");
        ASSERT_NE(plain, "");
        EXPECT_EQ(reread("[\"\\ud83d\"," + small + "]"), "[\"\uFFFD\"," + plain.substr(1)) << small;
    }
}

/// JSON with one byte changed: what the oracle reads, the document must read alike.
TEST(JsonDocument, ReadsWhatTheOracleReads) {
    const std::string original =
        R"({"id":"x\u00e9\ud83d\ude00","n":[1,-2.5e3,0,12345678901234567890],"o":{"t":true,"z":null}})";
    constexpr std::string_view bytes = "\"\\{}[],:0123456789eE+-.ud aflnrst";
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same every time
    JsonDocument document;
    int readable = 0;
    for (int round = 0; round < 5'000; ++round) {
        std::string text = original;
        text[random() % text.size()] = bytes[random() % bytes.size()];
        const auto expected = nlohmann::json::parse(text, nullptr, false);
        if (expected.is_discarded()) continue;
        ++readable;
        const auto written = reread(document, text);
        ASSERT_NE(written, "") << text;
        ASSERT_EQ(nlohmann::json::parse(written), expected) << text;
    }
    EXPECT_GT(readable, 500);
}

}  // namespace

}  // namespace cloud_backend::detail
