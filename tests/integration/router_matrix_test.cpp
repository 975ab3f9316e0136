#include "router_matrix.hpp"

#include "../support/backend_fixture.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Every fault of the first of two backends, plain and streamed: which one answered, how often each
// was asked, what was delivered, what their breakers hold, and what a second call makes of it. The
// fault stays. The first backend may retry once, and its circuit opens at the second failure in a
// row: where both attempts failed, the second call finds it open.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::RefusingPort;
using embedded_server::Request;

const Outcomes none{};
const Outcomes success(Outcome::success);
const Outcomes failure(Outcome::failure);
const Outcomes two_failures(Outcome::failure, 2);
const Outcomes throttled(Outcome::throttled);
const Outcomes rejected(Outcome::rejected);

using enum FirstBackend;
using enum Mode;

// The first call: ended by, POSTs to either, text, chunks, breakers; the next call: ended by, POSTs.
// clang-format off
const RouterRow router_matrix[] = {
    // F2: Failure. Section 3: not sent, so it is retried. F1: the open circuit is skipped.
    {refuses_the_connection, plain,
     {{"second", 0, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {refuses_the_connection, streamed,
     {{"second", 0, 1}, "four five six", 5, two_failures, success, {"second", 0, 1}}},

    // F2: Failure. R1: retried.
    {answers_500, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {answers_500, streamed,
     {{"second", 2, 1}, "four five six", 5, two_failures, success, {"second", 0, 1}}},

    // F2: Throttled. F4: not waited for with another backend to ask; F1, B5: skipped for that long.
    {answers_429_for_5_s, plain,
     {{"second", 1, 1}, "four five six", 0, throttled, success, {"second", 0, 1}}},
    {answers_429_for_5_s, streamed,
     {{"second", 1, 1}, "four five six", 5, throttled, success, {"second", 0, 1}}},

    // The same by R4.
    {answers_429_for_120_s, plain,
     {{"second", 1, 1}, "four five six", 0, throttled, success, {"second", 0, 1}}},
    {answers_429_for_120_s, streamed,
     {{"second", 1, 1}, "four five six", 5, throttled, success, {"second", 0, 1}}},

    // F2: falls back. Section 3: no failure of the endpoint, so nothing keeps the next call away.
    {answers_401, plain,
     {{"second", 1, 1}, "four five six", 0, rejected, success, {"second", 1, 1}}},
    {answers_401, streamed,
     {{"second", 1, 1}, "four five six", 5, rejected, success, {"second", 1, 1}}},

    // F2: the request's fault.
    {answers_400, plain,
     {{"BadRequestError", 1, 0}, "", 0, rejected, none, {"BadRequestError", 1, 0}}},
    {answers_400, streamed,
     {{"BadRequestError", 1, 0}, "", 0, rejected, none, {"BadRequestError", 1, 0}}},

    // F2: Failure. Section 3: a first-byte timeout is not retried, so the circuit is still closed.
    {stalls, plain,
     {{"second", 1, 1}, "four five six", 0, failure, success, {"second", 1, 1}}},
    {stalls, streamed,
     {{"second", 1, 1}, "four five six", 5, failure, success, {"second", 1, 1}}},

    // F2: Failure. R7: retried while nothing was delivered, by a plain call wherever it breaks.
    {breaks_before_the_first_delta, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_before_the_first_delta, streamed,
     {{"second", 2, 1}, "four five six", 5, two_failures, success, {"second", 0, 1}}},

    // F3: the role was held back, so the second takes over. R7: the first gave it away, and is not
    // asked again.
    {breaks_after_the_role, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_after_the_role, streamed,
     {{"second", 1, 1}, "four five six", 5, failure, success, {"second", 1, 1}}},

    // F3: what was delivered binds; the error has it as its partial completion.
    {breaks_after_content, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_after_content, streamed,
     {{"ConnectionError", 1, 0}, "one", 2, failure, none, {"ConnectionError", 1, 0}}},
    {breaks_after_a_tool_call, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_after_a_tool_call, streamed,
     {{"ConnectionError", 1, 0}, "", 2, failure, none, {"ConnectionError", 1, 0}}},
};
// clang-format on

}  // namespace
}  // namespace cloud_backend::test
