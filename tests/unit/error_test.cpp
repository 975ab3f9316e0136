#include <cloud_backend/content_error.hpp>
#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>

// SPEC 8, E2
namespace cloud_backend {
namespace {

template <class ErrorType, class... Bases>
void expect_raises(ErrorCode code) {
    ErrorDetails details{.code = code, .message = "m", .retry_after = Duration(1)};
    details.connection.limit = TimeLimit::idle;
    try {
        raise(details);
    } catch (const Error& error) {
        EXPECT_EQ(typeid(error), typeid(ErrorType));
        EXPECT_EQ(error.code(), code);
        EXPECT_TRUE((... && (dynamic_cast<const Bases*>(&error) != nullptr)));
    }
}

TEST(Errors, EachCodeHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(ErrorCode::content); ++code) {
        names.insert(to_string(static_cast<ErrorCode>(code)));
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::content) + 1);
    EXPECT_EQ(to_string(ErrorCode::rate_limit), "rate_limit");
    EXPECT_FALSE(names.contains("unknown"));
}

TEST(Errors, EachCodeRaisesItsType) {
    expect_raises<ConfigError>(ErrorCode::config);
    expect_raises<ConnectionError>(ErrorCode::connection);
    expect_raises<TimeoutError, ConnectionError>(ErrorCode::timeout);
    expect_raises<BadRequestError, ApiError>(ErrorCode::bad_request);
    expect_raises<AuthenticationError, ApiError>(ErrorCode::authentication);
    expect_raises<PermissionDeniedError, ApiError>(ErrorCode::permission_denied);
    expect_raises<NotFoundError, ApiError>(ErrorCode::not_found);
    expect_raises<ConflictError, ApiError>(ErrorCode::conflict);
    expect_raises<UnprocessableEntityError, ApiError>(ErrorCode::unprocessable_entity);
    expect_raises<RateLimitError, ApiError>(ErrorCode::rate_limit);
    expect_raises<QuotaExceededError, RateLimitError, ApiError>(ErrorCode::quota_exceeded);
    expect_raises<InternalServerError, ApiError>(ErrorCode::internal_server);
    expect_raises<ApiError>(ErrorCode::api);
    expect_raises<StreamError, ApiError>(ErrorCode::stream);
    expect_raises<StreamTruncatedError>(ErrorCode::stream_truncated);
    expect_raises<ResponseError>(ErrorCode::response);
    expect_raises<LimitExceededError>(ErrorCode::limit_exceeded);
    expect_raises<CancelledError>(ErrorCode::cancelled);
    expect_raises<CircuitBreakerError>(ErrorCode::circuit_open);
    expect_raises<ContentError>(ErrorCode::content);
}

TEST(Errors, AreCopiedWithoutThrowing) {
    static_assert(std::is_nothrow_copy_constructible_v<Error>);
    static_assert(std::is_nothrow_copy_constructible_v<TimeoutError>);
    static_assert(std::is_nothrow_copy_constructible_v<QuotaExceededError>);
    static_assert(std::is_base_of_v<std::runtime_error, Error>);
    const ConfigError error("why");
    const ConfigError copy = error;
    EXPECT_EQ(&copy.details(), &error.details());
    EXPECT_STREQ(copy.what(), "why");
    ConfigError assigned("another");
    assigned = error;
    EXPECT_EQ(&assigned.details(), &error.details());
}

TEST(What, GivesStatusMessageCodeAndRequestId) {
    const RateLimitError error(ErrorDetails{.code = ErrorCode::rate_limit,
                                            .message = "Too fast",
                                            .request_id = "req_1",
                                            .api = {.status = 429, .code = "rate_limit_exceeded"}});
    EXPECT_STREQ(error.what(), "429 Too fast (rate_limit_exceeded) [request id req_1]");
}

TEST(What, StaysWithinOneKiBAndKeepsCodeAndRequestId) {
    const InternalServerError error(
        ErrorDetails{.code = ErrorCode::internal_server,
                     .message = std::string(100'000, 'x'),
                     .request_id = std::string(5'000, 'r'),
                     .api = {.status = 500, .code = std::string(5'000, 'c')}});
    const std::string what = error.what();
    EXPECT_LE(what.size(), 1024u);
    EXPECT_NE(what.find("(ccc"), std::string::npos);
    EXPECT_NE(what.find("[request id rrr"), std::string::npos);
}

TEST(What, StaysWithinOneKiBAlsoWhenItIsEscaped) {
    for (const std::string character : {"\x1B", "\n", "\xFF", "\xF0\x9F\x98\x80", "\xE2\x80\xA8"}) {
        std::string text;
        for (int i = 0; i < 5'000; ++i) text += character;
        const ApiError error(ErrorDetails{.code = ErrorCode::api,
                                          .message = text,
                                          .request_id = text,
                                          .api = {.status = 599, .code = text}});
        const std::size_t length = std::string(error.what()).size();
        EXPECT_LE(length, 1024u);
        EXPECT_GT(length, 1000u);
    }
}

TEST(What, EscapesControlCharacters) {
    const ConfigError error("a\r\nInjected: b\x1B[2J");
    EXPECT_STREQ(error.what(), "a\\r\\nInjected: b\\x1b[2J");
    const ApiError everywhere(ErrorDetails{.code = ErrorCode::api,
                                           .message = "m",
                                           .request_id = "r\n",
                                           .api = {.status = 418, .code = "c\n"}});
    EXPECT_STREQ(everywhere.what(), "418 m (c\\n) [request id r\\n]");
}

}  // namespace
}  // namespace cloud_backend
