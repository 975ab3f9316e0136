#include "allocation_count.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace cloud_backend {
namespace {

using test::allocation_count;

constexpr std::string_view long_text = "longer than what a string holds without memory of its own";

std::string typical_records() {
    const std::string text(long_text);
    return "data: " + text + text + "\n\n" +                                  //
           "event: " + text + "\nid: " + text + "\ndata: " + text + "\n\n" +  //
           "data: " + text + "\r\ndata: " + text + "\r\n\r\n" +               //
           ": " + text + "\n" + "{\"error\":\"" + text + "\"}\n\n";
}

/// Feeds the records in pieces of each size in turn, so that a cut comes everywhere.
std::size_t feed_in_pieces(SseParser& parser, std::string_view records) {
    std::size_t events = 0;
    for (std::size_t size = 1; size <= records.size(); ++size) {
        for (std::size_t at = 0; at < records.size(); at += size) {
            parser.feed(records.substr(at, size), [&](const SseEvent&) { ++events; });
        }
    }
    return events;
}

TEST(SseParserAllocations, NoneForAnEventInSteadyState) {  // S8
    const std::string records = typical_records();
    SseParser parser;
    feed_in_pieces(parser, records);
    const std::size_t before = allocation_count();
    const std::size_t events = feed_in_pieces(parser, records);
    const std::size_t allocations = allocation_count() - before;
    EXPECT_EQ(events, 4 * records.size());
    EXPECT_EQ(allocations, 0U);
    EXPECT_GT(before, 0U);
}

}  // namespace
}  // namespace cloud_backend
