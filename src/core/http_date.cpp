#include "core/http_date.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace cloud_backend::detail {

namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> short_weekdays{"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads a text from left to right; once something is not there, nothing is.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    Scanner& literal(std::string_view expected) {
        if (text_.starts_with(expected)) {
            text_.remove_prefix(expected.size());
        } else {
            failed_ = true;
        }
        return *this;
    }

    /// The position of the name that stands here.
    unsigned name(std::span<const std::string_view> names) {
        const auto found = std::ranges::find_if(
            names, [this](std::string_view candidate) { return text_.starts_with(candidate); });
        if (found == names.end()) {
            failed_ = true;
            return 0;
        }
        text_.remove_prefix(found->size());
        return static_cast<unsigned>(found - names.begin());
    }

    /// Exactly this many digits.
    int number(std::size_t digits) {
        int value = 0;
        if (text_.size() < digits) failed_ = true;
        for (std::size_t i = 0; i < digits && !failed_; ++i) {
            if (!is_digit(text_[i])) failed_ = true;
            value = 10 * value + (text_[i] - '0');
        }
        if (failed_) return 0;
        text_.remove_prefix(digits);
        return value;
    }

    /// Two digits, the first of which may be a space.
    int padded_number() {
        if (!text_.starts_with(' ')) return number(2);
        text_.remove_prefix(1);
        return number(1);
    }

    [[nodiscard]] bool done() const { return !failed_ && text_.empty(); }

private:
    std::string_view text_;
    bool failed_ = false;
};

struct DateTime {
    int year = 0;
    unsigned month = 0;  ///< 0 is January.
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

void read_time(Scanner& scanner, DateTime& date) {
    date.hour = scanner.number(2);
    date.minute = scanner.literal(":").number(2);
    date.second = scanner.literal(":").number(2);
}

/// "Fri, 29 Sep 2023 16:26:57 GMT"
std::optional<DateTime> read_imf_fixdate(std::string_view text) {
    Scanner scanner(text);
    DateTime date;
    scanner.name(short_weekdays);
    date.day = scanner.literal(", ").number(2);
    date.month = scanner.literal(" ").name(month_names);
    date.year = scanner.literal(" ").number(4);
    read_time(scanner.literal(" "), date);
    if (!scanner.literal(" GMT").done()) return std::nullopt;
    return date;
}

/// "Friday, 29-Sep-23 16:26:57 GMT"
std::optional<DateTime> read_rfc850(std::string_view text, int this_year) {
    Scanner scanner(text);
    DateTime date;
    scanner.name(long_weekdays);
    date.day = scanner.literal(", ").number(2);
    date.month = scanner.literal("-").name(month_names);
    date.year = this_year - this_year % 100 + scanner.literal("-").number(2);
    if (date.year > this_year + 50) date.year -= 100;
    if (date.year < this_year - 50) date.year += 100;
    read_time(scanner.literal(" "), date);
    if (!scanner.literal(" GMT").done()) return std::nullopt;
    return date;
}

/// "Fri Sep 29 16:26:57 2023"
std::optional<DateTime> read_asctime(std::string_view text) {
    Scanner scanner(text);
    DateTime date;
    scanner.name(short_weekdays);
    date.month = scanner.literal(" ").name(month_names);
    date.day = scanner.literal(" ").padded_number();
    read_time(scanner.literal(" "), date);
    date.year = scanner.literal(" ").number(4);
    if (!scanner.done()) return std::nullopt;
    return date;
}

std::optional<chrono::sys_seconds> to_time(const DateTime& date) {
    const chrono::year_month_day day =
        chrono::year(date.year) / static_cast<int>(date.month + 1) / date.day;
    constexpr int leap_second = 60;
    if (!day.ok() || date.hour > 23 || date.minute > 59 || date.second > leap_second) {
        return std::nullopt;
    }
    return chrono::sys_days(day) + chrono::hours(date.hour) + chrono::minutes(date.minute) +
           chrono::seconds(date.second);
}

}  // namespace

std::optional<chrono::sys_seconds> parse_http_date(std::string_view text,
                                                   chrono::system_clock::time_point wall_now) {
    const auto this_year =
        static_cast<int>(chrono::year_month_day(chrono::floor<chrono::days>(wall_now)).year());
    auto date = read_imf_fixdate(text);
    if (!date) date = read_rfc850(text, this_year);
    if (!date) date = read_asctime(text);
    return date ? to_time(*date) : std::nullopt;
}

}  // namespace cloud_backend::detail
