#include "../support/temporary_directory.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/model_routes.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Routes by the name of the model. SPEC F6.
namespace cloud_backend::test {
namespace {

/// The name of the backend for `model`; "-" for none.
std::string backend_for(const ModelRoutes& routes, std::string_view model) {
    const ModelRoute* const route = routes.find(model);
    return route == nullptr ? "-" : route->backend;
}

template <class Make>
std::string complaint_of(const Make& make) {
    try {
        (void)make();
        return "no complaint";
    } catch (const ConfigError& error) {
        return error.what();
    }
}

std::string complaint_about(std::string_view json) {
    return complaint_of([json] { return ModelRoutes::parse(json); });
}

/// Of a document whose only route has these fields.
std::string complaint_about_route(const std::string& fields) {
    return complaint_about(R"({"routes":[{)" + fields + "}]}");
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}

TEST(ModelPattern, MatchesWholeNames) {
    struct Case {
        ModelPattern pattern;
        std::string_view model;
        bool matches;
    };
    const std::vector<Case> cases{
        {ModelPattern::exact("gpt-4o"), "gpt-4o", true},
        {ModelPattern::exact("gpt-4o"), "gpt-4o-mini", false},
        {ModelPattern::exact("gpt-4o"), "GPT-4o", false},
        {ModelPattern::exact("gpt.4o"), "gpt-4o", false},
        {ModelPattern::prefix("claude-"), "claude-3-opus", true},
        {ModelPattern::prefix("claude-"), "claude-", true},
        {ModelPattern::prefix("claude-"), "claude", false},
        {ModelPattern::prefix("claude-"), "my-claude-3", false},
        {ModelPattern::regex("llama.*"), "llama3", true},
        {ModelPattern::regex("llama.*"), "codellama", false},
        {ModelPattern::regex("llama"), "llama3", false},
        {ModelPattern::regex("(qwen|llama)-?\\d+"), "qwen-72", true},
        {ModelPattern::regex(".*"), "", true},
        {ModelPattern::exact("a"), "", false},
    };
    for (const auto& [pattern, model, matches] : cases) {
        EXPECT_EQ(pattern.matches(model), matches) << pattern.text() << " and " << model;
    }
}

TEST(ModelPattern, NamesOver256BytesMatchNoRegularExpression) {
    EXPECT_TRUE(ModelPattern::regex(".*").matches(std::string(256, 'a')));
    EXPECT_FALSE(ModelPattern::regex(".*").matches(std::string(257, 'a')));
    EXPECT_TRUE(ModelPattern::prefix("a").matches(std::string(257, 'a')));
    EXPECT_TRUE(ModelPattern::exact(std::string(257, 'a')).matches(std::string(257, 'a')));
}

#ifdef __GLIBCXX__
TEST(ModelPattern, NoNameTakesExponentialTime) {
    const std::string hostile = "llama" + std::string(200, '-') + "!";
    EXPECT_FALSE(ModelPattern::regex("llama(-[a-z-]*)*").matches(hostile));
    EXPECT_FALSE(ModelPattern::regex("(a|aa)*b").matches(std::string(256, 'a')));
}
#endif

TEST(ModelPattern, ManyThreadsMayMakeAndMatchThemAtOnce) {  // ThreadSanitizer looks for races.
    const auto shared = ModelPattern::regex(R"(\bllama\b.*)");
    std::atomic<int> matches = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                const auto own = ModelPattern::regex(R"(\w+\b-[[:digit:]]b)");
                matches += shared.matches("llama-3b") ? 1 : 0;
                matches += own.matches("llama-3b") ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(matches, 8);
}

TEST(ModelPattern, RefusesWhatCanMatchNothing) {
    const std::string empty = "expected a pattern, not an empty text";
    EXPECT_EQ(complaint_of([] { return ModelPattern::exact(""); }), empty);
    EXPECT_EQ(complaint_of([] { return ModelPattern::prefix(""); }), empty);
    EXPECT_EQ(complaint_of([] { return ModelPattern::regex(""); }), empty);
}

TEST(ModelPattern, RefusesExpressionsThatAreNoneOrTooLong) {
    for (const char* bad : {"[", "(", "a**)", "a{2", "[z-a]"}) {
        EXPECT_TRUE(complaint_of([bad] {
                        return ModelPattern::regex(bad);
                    }).starts_with("not a regular expression: "))
            << bad;
    }
    EXPECT_TRUE(ModelPattern::regex(std::string(200, 'a')).matches(std::string(200, 'a')));
    EXPECT_NO_THROW((void)ModelPattern::regex(std::string(1024, '(').replace(512, 512, 512, ')')));
    EXPECT_EQ(complaint_of([] { return ModelPattern::regex(std::string(1025, 'a')); }),
              "the regular expression is longer than 1,024 bytes");
    for (const char* expression :
         {"(a*){24900}", "a{1,1001}", "((a{10}){10}){11}", "a{99999999999999999999}"}) {
        EXPECT_EQ(complaint_of([=] { return ModelPattern::regex(expression); }),
                  "the regular expression repeats something more than 1,000 times");
    }
    EXPECT_TRUE(ModelPattern::regex("gpt-\\d{1,4}(-[0-9]{2}){0,3}").matches("gpt-4-05-13"));
}

TEST(ModelRoutes, AreTriedInOrder) {  // F6
    struct Case {
        const char* what;
        std::vector<ModelRoute> routes;
        std::string winner;
    };
    const auto exact = ModelPattern::exact("gpt-4o");
    const auto longer = ModelPattern::prefix("gpt-4");
    const auto shorter = ModelPattern::prefix("gpt-");
    const auto regex = ModelPattern::regex("gpt.*");
    const auto longer_regex = ModelPattern::regex("gpt-4.*");
    const std::vector<Case> cases{
        {"priority above all", {{exact, "a"}, {regex, "b", "", 1}}, "b"},
        {"priority may be negative", {{exact, "a", "", -1}, {regex, "b"}}, "b"},
        {"exact before prefix", {{longer, "a"}, {exact, "b"}}, "b"},
        {"prefix before regex", {{regex, "a"}, {shorter, "b"}}, "b"},
        {"longer prefix first", {{shorter, "a"}, {longer, "b"}}, "b"},
        {"regexes as written", {{regex, "a"}, {longer_regex, "b"}}, "a"},
        {"one that does not match", {{ModelPattern::exact("o1"), "a", "", 9}, {regex, "b"}}, "b"},
        {"extreme priorities", {{exact, "a", "", INT32_MIN}, {regex, "b", "", INT32_MAX}}, "b"},
    };
    for (const auto& [what, routes, winner] : cases) {
        EXPECT_EQ(backend_for(ModelRoutes(routes), "gpt-4o"), winner) << what;
    }
}

TEST(ModelRoutes, AreShownInTheOrderInWhichTheyAreTried) {
    const ModelRoutes routes({{ModelPattern::regex("a.*"), "third"},
                              {ModelPattern::prefix("a"), "second"},
                              {ModelPattern::regex("b.*"), "first", "", 5}});
    std::string order;
    for (const ModelRoute& route : routes.in_order()) order += route.backend + " ";
    EXPECT_EQ(order, "first second third ");
}

TEST(ModelRoutes, WithoutAMatchThereIsNone) {
    EXPECT_EQ(backend_for(ModelRoutes({}), "gpt-4o"), "-");
    EXPECT_EQ(backend_for(ModelRoutes({{ModelPattern::prefix("gpt-"), "a"}}), "o1"), "-");
}

TEST(ModelRoutes, FromCodeAreCheckedToo) {
    const auto gpt = ModelPattern::exact("gpt");
    EXPECT_EQ(complaint_of([&] {
                  return ModelRoutes({{gpt, "a"}, {ModelPattern::prefix("g")}});
              }),
              "routes[1].backend: expected the name of a backend");
    EXPECT_EQ(complaint_of([&] {
                  return ModelRoutes({{gpt, "a"}, {gpt, "b", "", 1}, {gpt, "c"}});
              }),
              "routes[2]: has the pattern and priority of routes[0]");
    EXPECT_NO_THROW(ModelRoutes({{gpt, "a"}, {ModelPattern::prefix("gpt"), "a"}}));
}

TEST(ModelRoutes, AreReadFromJson) {
    const auto routes = ModelRoutes::parse(R"({"routes": [
        {"exact": "gpt-4o", "backend": "openai", "model": "gpt-4o-2024-08-06", "priority": 10},
        {"prefix": "claude-", "backend": "anthropic", "priority": -2147483648},
        {"regex": "llama.*", "backend": "local", "model": "llama3"}]})");
    ASSERT_EQ(routes.in_order().size(), 3u);

    const ModelRoute* const gpt = routes.find("gpt-4o");
    ASSERT_NE(gpt, nullptr);
    EXPECT_EQ(gpt->pattern.kind(), ModelPattern::Kind::exact);
    EXPECT_EQ(gpt->pattern.text(), "gpt-4o");
    EXPECT_EQ(gpt->backend, "openai");
    EXPECT_EQ(gpt->model, "gpt-4o-2024-08-06");
    EXPECT_EQ(gpt->priority, 10);

    const ModelRoute* const claude = routes.find("claude-3-opus");
    ASSERT_NE(claude, nullptr);
    EXPECT_EQ(claude->backend, "anthropic");
    EXPECT_EQ(claude->model, "");
    EXPECT_EQ(claude->priority, -2147483648);

    EXPECT_EQ(backend_for(routes, "llama3.2"), "local");
    EXPECT_EQ(routes.find("llama3.2")->priority, 0);
    EXPECT_EQ(backend_for(ModelRoutes::parse(R"({"routes":[]})"), "llama3.2"), "-");
}

TEST(ModelRoutes, MistakesInARouteAreNamed) {
    const std::string exact = R"("exact":"m",)";
    const std::string backend = R"("backend":"b",)";
    const std::vector<std::pair<std::string, std::string>> complaints{
        {backend + R"("exact":7)", "routes[0].exact: expected a string"},
        {backend + R"("prefix":null)", "routes[0].prefix: expected a string"},
        {backend + R"("exact":"")", "routes[0].exact: expected a pattern, not an empty text"},
        {backend + R"("prefix":"")", "routes[0].prefix: expected a pattern, not an empty text"},
        {backend + R"("regex":"")", "routes[0].regex: expected a pattern, not an empty text"},
        {R"("backend":"b")", R"(routes[0]: expected one of "exact", "prefix" and "regex")"},
        {backend + exact + R"("regex":"m")",
         "routes[0].regex: the route has another pattern already"},
        {R"("exact":"m")", "routes[0].backend: expected the name of a backend"},
        {exact + R"("backend":"")", "routes[0].backend: expected the name of a backend"},
        {exact + R"("backend":["b"])", "routes[0].backend: expected a string"},
        {exact + backend + R"("model":1)", "routes[0].model: expected a string"},
        {exact + backend + R"("priority":"1")", "routes[0].priority: expected an integer"},
        {exact + backend + R"("priority":1.0)", "routes[0].priority: expected an integer"},
        {exact + backend + R"("priority":2147483648)",
         "routes[0].priority: the integer is out of range"},
        {exact + backend + R"("priority":-2147483649)",
         "routes[0].priority: the integer is out of range"},
        {exact + backend + R"("priority":18446744073709551615)",
         "routes[0].priority: the integer is out of range"},
        {exact + backend + R"("prio":1)", "routes[0].prio: unknown field"},
        {exact + backend + R"("a\nb":1)", "routes[0].a\\nb: unknown field"},
        {exact + backend + R"("exact":"o")", R"(the field "exact" is repeated)"},
    };
    for (const auto& [fields, complaint] : complaints) {
        EXPECT_EQ(complaint_about_route(fields), complaint) << fields;
    }
}

TEST(ModelRoutes, ABadRegularExpressionIsNamedWithTheReason) {
    const std::string place = "routes[0].regex: not a regular expression: ";
    const auto complaint = complaint_about_route(R"("backend":"b","regex":"(gpt")");
    EXPECT_TRUE(complaint.starts_with(place)) << complaint;
    EXPECT_GT(complaint.size(), place.size());
}

TEST(ModelRoutes, MistakesAroundTheRoutesAreNamed) {
    const std::string good = R"({"exact":"m","backend":"b"})";
    const std::vector<std::pair<std::string, std::string>> complaints{
        {"[]", "expected an object"},
        {"{}", "routes: expected an array"},
        {R"({"routes":{}})", "routes: expected an array"},
        {R"({"routes":[],"route":[]})", "route: unknown field"},
        {R"({"routes":[],"routes":[]})", R"(the field "routes" is repeated)"},
        {R"({"routes":[)" + good + ",7]}", "routes[1]: expected an object"},
        {R"({"routes":[)" + good + ',' + good + "]}",
         "routes[1]: has the pattern and priority of routes[0]"},
        {std::string("{\"routes\":[]}\0{", 15), "contains a NUL"},
        {repeated("[", 17), "is nested too deeply"},
        {repeated(R"({"routes":[)", 50'000), "is nested too deeply"},
        {std::string(1024 * 1024 + 1, ' '), "is longer than 1 MiB"},
    };
    for (const auto& [json, complaint] : complaints) {
        EXPECT_EQ(complaint_about(json), complaint) << json.substr(0, 80);
    }
}

TEST(ModelRoutes, SyntaxErrorsSayLineAndColumn) {
    const std::vector<std::pair<std::string, std::string>> complaints{
        {"", "line 1, column 1"},
        {"{\"routes\": [\n  {\"exact\": }\n]}", "line 2, column 13"},
        {"{\"routes\": []\n\n", "line 3, column 1"},
        {"{\"routes\": []} x", "line 1, column 16"},
        {"{\n\"\xFF\"}", "line 2, column 2"},
    };
    for (const auto& [json, place] : complaints) {
        const auto complaint = complaint_about(json);
        EXPECT_TRUE(complaint.starts_with("parse error at " + place + ": ")) << complaint;
    }
}

TEST(ModelRoutes, ANumberThatIsNoneIsNoCrash) {
    EXPECT_NE(complaint_about_route(R"("exact":"m","backend":"b","priority":1e999)"),
              "no complaint");
}

TEST(ModelRoutes, OneMebibyteIsRead) {
    std::string json = R"({"routes":[{"exact":"m","backend":"b"}]})";
    json.resize(std::size_t{1024} * 1024, ' ');
    EXPECT_EQ(backend_for(ModelRoutes::parse(json), "m"), "b");
}

class RoutesFile : public ::testing::Test {
protected:
    TemporaryDirectory directory{};
    std::string path = directory.file("routes.json");

    std::string complaint_about_file(std::string_view content) const {
        std::ofstream(path, std::ios::binary) << content;
        return complaint_of([this] { return ModelRoutes::load(path); });
    }
};

TEST_F(RoutesFile, IsLoaded) {
    std::ofstream(path) << R"({"routes":[{"prefix":"gpt-","backend":"openai"}]})";
    EXPECT_EQ(backend_for(ModelRoutes::load(path), "gpt-4o"), "openai");
}

TEST_F(RoutesFile, IsNamedInEveryComplaint) {
    EXPECT_EQ(complaint_about_file(R"({"routes":[{"exact":"m","backend":"b","priority":"1"}]})"),
              path + ": routes[0].priority: expected an integer");
    EXPECT_EQ(complaint_about_file(R"({"routes":[{"exact":"m"}]})"),
              path + ": routes[0].backend: expected the name of a backend");
    EXPECT_TRUE(
        complaint_about_file("{").starts_with(path + ": parse error at line 1, column 2: "));
    EXPECT_EQ(complaint_about_file(std::string(1024 * 1024 + 1, ' ')),
              path + ": is longer than 1 MiB");
}

TEST_F(RoutesFile, ThatCannotBeReadIsNamedWithTheReason) {
    EXPECT_EQ(complaint_of([this] { return ModelRoutes::load(path); }),
              path + ": cannot be read: No such file or directory");
    const std::string folder = directory.path();
    EXPECT_EQ(complaint_of([&] { return ModelRoutes::load(folder); }),
              folder + ": cannot be read: Is a directory");
}

}  // namespace
}  // namespace cloud_backend::test
