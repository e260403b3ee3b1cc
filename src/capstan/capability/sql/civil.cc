#include <capstan/capability/sql/civil.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace capstan::sql {
namespace {

constexpr std::size_t fraction_digits_max = 9;
constexpr std::size_t format_bytes_max = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from its front; every function says whether it found what it was asked for.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  bool one_of(std::string_view wanted) {
    if (rest_.empty() || !wanted.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` digits, at least `least` and at most `most`.
  bool number(std::size_t digits, int least, int most, int& out) {
    if (rest_.size() < digits || !std::ranges::all_of(rest_.substr(0, digits), is_digit))
      return false;
    out = 0;
    for (const char c : rest_.substr(0, digits)) out = out * 10 + (c - '0');
    rest_.remove_prefix(digits);
    return out >= least && out <= most;
  }
  // Digits, as many as there are.
  bool digits(std::string& out) {
    const auto end = std::ranges::find_if_not(rest_, is_digit);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    if (count == 0 || count > fraction_digits_max) return false;
    out.assign(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view rest_;
};

struct Parts {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::string fraction;
  std::optional<std::string> offset;  // "Z", "+02:00"

  [[nodiscard]] bool day_exists() const {
    using namespace std::chrono;
    return year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                          std::chrono::day(static_cast<unsigned>(day)))
        .ok();
  }
};

bool read_date(Reader& in, Parts& out) {
  return in.number(4, 1, 9999, out.year) && in.one_of("-") && in.number(2, 1, 12, out.month) &&
         in.one_of("-") && in.number(2, 1, 31, out.day) && out.day_exists();
}

bool read_fraction(Reader& in, Parts& out) { return !in.one_of(".") || in.digits(out.fraction); }

bool read_time(Reader& in, Parts& out) {
  if (!in.number(2, 0, 23, out.hour) || !in.one_of(":") || !in.number(2, 0, 59, out.minute))
    return false;
  if (!in.one_of(":")) return true;
  return in.number(2, 0, 59, out.second) && read_fraction(in, out);
}

// "Z", "+02:00", "-0330".
bool read_offset(Reader& in, Parts& out) {
  if (in.one_of("Zz")) {
    out.offset = "Z";
    return true;
  }
  const bool ahead = in.one_of("+");
  int hours = 0;
  int minutes = 0;
  if ((!ahead && !in.one_of("-")) || !in.number(2, 0, 23, hours)) return false;
  in.one_of(":");
  if (!in.number(2, 0, 59, minutes)) return false;
  out.offset = fmt::format("{}{:02}:{:02}", ahead ? '+' : '-', hours, minutes);
  return true;
}

// Reads what one directive stands for.
bool read_directive(Reader& in, std::string_view directive, Parts& out) {
  if (directive == "Y") return in.number(4, 1, 9999, out.year);
  if (directive == "m") return in.number(2, 1, 12, out.month);
  if (directive == "d") return in.number(2, 1, 31, out.day);
  if (directive == "H") return in.number(2, 0, 23, out.hour);
  if (directive == "M") return in.number(2, 0, 59, out.minute);
  if (directive == "S") return in.number(2, 0, 59, out.second);
  if (directive == "F")
    return in.number(4, 1, 9999, out.year) && in.one_of("-") && in.number(2, 1, 12, out.month) &&
           in.one_of("-") && in.number(2, 1, 31, out.day);
  if (directive == "R" || directive == "T")
    return in.number(2, 0, 23, out.hour) && in.one_of(":") && in.number(2, 0, 59, out.minute) &&
           (directive == "R" || (in.one_of(":") && in.number(2, 0, 59, out.second)));
  if (directive == ".f" || directive == ".3f" || directive == ".6f" || directive == ".9f")
    return read_fraction(in, out);
  if (directive == "f" || directive == "3f" || directive == "6f" || directive == "9f")
    return in.digits(out.fraction);
  return read_offset(in, out);
}

constexpr std::string_view directives[] = {"Y",  "m",  "d",  "H",   "M",   "S",   "F",
                                           "R",  "T",  ".f", ".3f", ".6f", ".9f", "f",
                                           "3f", "6f", "9f", "z",   ":z",  "#z"};

// The directive that `rest` begins with; empty if there is none.
std::string_view directive_at(std::string_view rest) {
  for (const std::string_view directive : directives)
    if (rest.starts_with(directive)) return directive;
  return {};
}

Result<Parts> read_format(std::string_view text, std::string_view format) {
  Reader in(text);
  Parts parts;
  while (!format.empty()) {
    const char c = format.front();
    format.remove_prefix(1);
    if (c != '%' || format.starts_with('%')) {
      if (c == '%') format.remove_prefix(1);
      if (!in.one_of({&c, 1})) return fail(ErrorCode::invalid_argument, "is not in its format");
      continue;
    }
    const std::string_view directive = directive_at(format);
    if (directive.empty())
      return fail(ErrorCode::invalid_argument,
                  fmt::format("has a format with '%{}', which is none of "
                              "%Y %m %d %F %H %M %S %R %T %f %.f %z %:z",
                              format.substr(0, 1)));
    format.remove_prefix(directive.size());
    if (!read_directive(in, directive, parts))
      return fail(ErrorCode::invalid_argument, "is not in its format");
  }
  if (!in.at_end()) return fail(ErrorCode::invalid_argument, "is not in its format");
  return parts;
}

std::string written(Type type, const Parts& parts) {
  const std::string date = fmt::format("{:04}-{:02}-{:02}", parts.year, parts.month, parts.day);
  if (type == Type::date) return date;
  std::string time = fmt::format("{:02}:{:02}:{:02}", parts.hour, parts.minute, parts.second);
  if (!parts.fraction.empty()) time += '.' + parts.fraction;
  if (type == Type::time) return time;
  return date + 'T' + time + parts.offset.value_or("");
}

std::string_view noun(Type type) {
  return type == Type::date ? "date" : type == Type::time ? "time" : "timestamp";
}

std::string_view example(Type type) {
  return type == Type::date   ? "2026-02-28"
         : type == Type::time ? "23:59:59.5"
                              : "2026-02-28T23:59:59Z";
}

}  // namespace

bool is_civil(Type type, std::string_view text) {
  Reader in(text);
  Parts parts;
  if (type == Type::date) return read_date(in, parts) && in.at_end();
  if (type == Type::time) return read_time(in, parts) && in.at_end();
  if (!read_date(in, parts) || !in.one_of("Tt ") || !read_time(in, parts)) return false;
  return in.at_end() || (read_offset(in, parts) && in.at_end());
}

Result<std::string> civil_from(Type type, std::string_view text, std::string_view format) {
  if (format.empty()) {
    if (is_civil(type, text)) return std::string(text);
    return fail(ErrorCode::invalid_argument,
                fmt::format("a {} is written like {}", noun(type), example(type)));
  }
  if (format.size() > format_bytes_max)
    return fail(ErrorCode::invalid_argument,
                fmt::format("a {} has a format of {} bytes: at most {}", noun(type), format.size(),
                            format_bytes_max));
  auto parts = read_format(text, format);
  if (!parts) return std::unexpected(std::move(parts).error().with_context(noun(type)));
  std::string iso = written(type, *parts);
  if (!is_civil(type, iso))
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("a {} has a format that leaves parts of it out, or there is no such day",
                    noun(type)));
  return iso;
}

std::string civil_format(Type type, std::string_view text) {
  if (type == Type::date) return "%Y-%m-%d";
  std::string format = type == Type::timestamp ? fmt::format("%Y-%m-%d{}", text[10]) : "";
  std::string_view time = type == Type::timestamp ? text.substr(11) : text;
  const auto offset = time.find_first_of("Zz+-");
  const std::string_view zone = offset == std::string_view::npos ? "" : time.substr(offset);
  time = time.substr(0, offset);
  format += time.size() == 5 ? "%H:%M" : "%H:%M:%S";
  if (time.contains('.')) format += "%.f";
  if (zone.empty()) return format;
  if (zone.size() == 1) return format + std::string(zone);
  return format + (zone.contains(':') ? "%:z" : "%z");
}

}  // namespace capstan::sql
