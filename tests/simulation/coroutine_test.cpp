#include "coroutine.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cloud_backend::simulation {
namespace {

TEST(Coroutine, RunsOnlyWhileItIsResumed) {
    std::string trace;
    Coroutine coroutine([&] {
        trace += "b";
        Coroutine::current().pause();
        trace += "d";
    });
    trace += "a";
    coroutine.resume();
    trace += "c";
    EXPECT_FALSE(coroutine.done());
    coroutine.resume();
    EXPECT_TRUE(coroutine.done());
    EXPECT_EQ(trace, "abcd");
}

TEST(Coroutine, TakesTurnsWithOthers) {
    std::string trace;
    const auto twice = [&](const std::string& name) {
        return [&trace, name] {
            trace += name;
            Coroutine::current().pause();
            trace += name;
        };
    };
    Coroutine a(twice("a"));
    Coroutine b(twice("b"));
    b.resume();
    a.resume();
    a.resume();
    b.resume();
    EXPECT_EQ(trace, "baab");
}

}  // namespace
}  // namespace cloud_backend::simulation
