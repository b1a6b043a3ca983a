// SPDX-License-Identifier: BSL-1.0
// Reading of Terms from their printed form.
#include <fiberscope/term.hpp>

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fiberscope {
namespace {

/// A recursive descent over the text. The first error ends it.
class TermParser {
public:
    TermParser(std::string_view text, std::uint32_t node) noexcept : text_{text}, node_{node} {}

    boost::system::result<Term, std::string> parse() {
        Term term = value();
        skip_blanks();
        if (error_.empty() && !at_end())
            fail("nothing more is expected");
        if (!error_.empty())
            return {boost::system::in_place_error, error_};
        return term;
    }

private:
    static constexpr int max_depth = 100;

    bool at_end() const noexcept { return position_ == text_.size(); }
    char peek() const noexcept { return at_end() ? '\0' : text_[position_]; }
    bool take(std::string_view expected) noexcept {
        if (!text_.substr(position_).starts_with(expected))
            return false;
        position_ += expected.size();
        return true;
    }
    void skip_blanks() noexcept {
        while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n'))
            ++position_;
    }
    Term fail(std::string_view what) {
        if (error_.empty())
            error_ = fmt::format("{} at character {}", what, position_ + 1);
        return {};
    }
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

    Term value() {
        skip_blanks();
        const char c = peek();
        if (c == '{' || c == '[')
            return sequence();
        if (c == '"')
            return Term::string(quoted());
        if (c == '\'')
            return Term::atom(quoted());
        if (c == '<')
            return pid();
        if (c == '#')
            return ref();
        if (is_digit(c) || c == '-' || c == '+')
            return number();
        if (is_name_start(c))
            return Term::atom(name());
        return fail(at_end() ? "a term is missing" : "no term begins");
    }

    static bool is_name_start(char c) noexcept { return (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80U) != 0; }

    std::string_view name() noexcept {
        const std::size_t start = position_;
        while (is_name_start(peek()) || (peek() >= 'A' && peek() <= 'Z') || is_digit(peek()) || peek() == '_' || peek() == '@')
            ++position_;
        return text_.substr(start, position_ - start);
    }

    Term sequence() {
        if (++depth_ > max_depth)
            return fail(fmt::format("nested deeper than {}", max_depth));
        const bool is_tuple = text_[position_++] == '{';
        const std::string_view closing = is_tuple ? "}" : "]";
        std::vector<Term> elements;
        skip_blanks();
        if (!take(closing)) {
            do {
                elements.push_back(value());
                skip_blanks();
            } while (error_.empty() && take(","));
            if (!take(closing))
                return fail(fmt::format("',' or '{}' is missing", closing));
        }
        --depth_;
        return is_tuple ? Term::tuple(elements) : Term::list(elements);
    }

    std::string quoted() {
        const char quote = text_[position_++];
        std::string out;
        while (!at_end() && peek() != quote) {
            const char c = text_[position_++];
            out += c == '\\' && !at_end() ? escaped() : c;
        }
        if (at_end())
            fail(fmt::format("the closing {} is missing", quote));
        else
            ++position_;
        return out;
    }

    char escaped() noexcept {
        if (peek() >= '0' && peek() <= '7') {
            unsigned value = 0;
            for (int digits = 0; digits < 3 && peek() >= '0' && peek() <= '7'; ++digits)
                value = value * 8 + static_cast<unsigned>(text_[position_++] - '0');
            return static_cast<char>(value);
        }
        constexpr std::string_view letters = "nrtvbfeds";
        constexpr std::string_view meanings = "\n\r\t\v\b\f\x1b\x7f ";
        const char c = text_[position_++];
        const std::size_t found = letters.find(c);
        return found == std::string_view::npos ? c : meanings[found];
    }

    template <class Integer>
    bool take_integer(Integer& out) noexcept {
        const auto [stop, error] = std::from_chars(text_.data() + position_, text_.data() + text_.size(), out);
        if (error != std::errc{})
            return false;
        position_ = static_cast<std::size_t>(stop - text_.data());
        return true;
    }

    /// The length of a floating point number that stands here: digits on both sides of a dot, then perhaps an exponent; or 0.
    std::size_t floating_length() const noexcept {
        std::size_t at = position_;
        const auto digits = [&] {
            const std::size_t start = at;
            while (at < text_.size() && is_digit(text_[at]))
                ++at;
            return at > start;
        };
        const auto sign = [&](std::string_view signs) { at += at < text_.size() && signs.find(text_[at]) != signs.npos ? 1 : 0; };
        sign("-");
        if (!digits() || at == text_.size() || text_[at++] != '.' || !digits())
            return 0;
        if (const std::size_t mantissa = at; at < text_.size() && (text_[at] == 'e' || text_[at] == 'E')) {
            ++at;
            sign("+-");
            if (!digits())
                at = mantissa;
        }
        return at - position_;
    }

    Term floating(std::size_t length) {
        double number = 0;
        const auto [stop, error] = std::from_chars(text_.data() + position_, text_.data() + position_ + length, number);
        if (error != std::errc{})
            return fail("a floating point number is out of range");
        position_ += length;
        if (is_name_start(peek()))
            return fail("a number ends unexpectedly");
        return Term::floating(number);
    }

    Term number() {
        if (take("+") && peek() == '-')
            return fail("a number has one sign");
        if (const std::size_t length = floating_length(); length > 0)
            return floating(length);
        std::int64_t number = 0;
        if (!take_integer(number))
            return fail("an integer of at most 64 bits is expected");
        if (is_name_start(peek()) || peek() == '.')
            return fail("an integer ends unexpectedly");
        return Term::integer(number);
    }

    Term pid() {
        const std::size_t end = text_.find('>', position_);
        const Pid found = end == std::string_view::npos ? Pid{} : parse_pid(text_.substr(position_, end + 1 - position_), node_);
        if (!found)
            return fail("a pid looks like <0.90.0>, which is not what stands");
        position_ = end + 1;
        return found;
    }

    Term ref() {
        std::uint64_t bits = 0;
        if (!take("#Ref<0.") || !take_integer(bits) || !take(">"))
            return fail("a reference looks like #Ref<0.7>, which is not what stands");
        return Ref{bits};
    }

    std::string_view text_;
    std::uint32_t node_;
    std::size_t position_ = 0;
    int depth_ = 0;
    std::string error_;
};

} // namespace

boost::system::result<Term, std::string> Term::parse(std::string_view text, std::uint32_t node) {
    return TermParser{text, node}.parse();
}

} // namespace fiberscope
