// SPDX-License-Identifier: BSL-1.0
// Printing of Terms as io_lib's ~w does it, but texts in double quotes and characters beyond Latin-1 as they are.
#include "base/cut_text.hpp"

#include <fiberscope/term.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fiberscope {
namespace {

constexpr std::array<std::string_view, 27> reserved_words{
    "after", "and", "andalso", "band", "begin", "bnot", "bor", "bsl",    "bsr",     "bxor", "case", "catch", "cond", "div",
    "end",   "fun", "if",      "let",  "not",   "of",   "or",  "orelse", "receive", "rem",  "try",  "when",  "xor"};

/// Takes one character of UTF-8 off `text` if it may stand in an unquoted atom; Latin-1 letters may. False: it may not.
bool take_name_character(std::string_view& text, bool first) noexcept {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    if (byte >= 'a' && byte <= 'z')
        return true;
    if (byte == 0xc3 && !text.empty()) { // U+00C0 to U+00FF: capitals, multiplication sign, small letters, division sign
        const auto second = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        return second >= 0x9f ? second != 0xb7 : second != 0x97 && !first;
    }
    return !first && ((byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_' || byte == '@');
}

bool needs_quotes(std::string_view atom) noexcept {
    if (atom.empty() || std::find(reserved_words.begin(), reserved_words.end(), atom) != reserved_words.end())
        return true;
    if (!take_name_character(atom, true))
        return true;
    while (!atom.empty())
        if (!take_name_character(atom, false))
            return true;
    return false;
}

/// The letter of a short escape (`\n`), or 0.
char escape_letter(unsigned char c) noexcept {
    switch (c) {
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    case '\b': return 'b';
    case '\f': return 'f';
    case 0x1b: return 'e';
    case 0x7f: return 'd';
    default: return 0;
    }
}

void append_quoted(std::string& out, std::string_view text, char quote) {
    out += quote;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == quote || c == '\\')
            (out += '\\') += c;
        else if (const char letter = escape_letter(byte); letter != 0)
            (out += '\\') += letter;
        else if (byte < 0x20)
            out += fmt::format("\\{:03o}", byte);
        else
            out += c;
    }
    out += quote;
}

/// The shortest digits that read back as the same number, in the shorter of the two notations; from 2^53 on, where
/// neighbours are more than 1 apart, always with an exponent. A dot stands in both.
/// **Source:** io_lib_format:fwrite_g, erlang:float_to_list(_, [short]).
std::string floating_text(double value) {
    constexpr double integers_end = 9007199254740992.0;
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value), std::chars_format::scientific);
    const std::string scientific{buffer.data(), end.ptr};
    const std::size_t mark = scientific.find('e');
    std::string digits = scientific.substr(0, 1) + (mark > 2 ? scientific.substr(2, mark - 2) : std::string{});
    const int exponent = std::stoi(scientific.substr(mark + 1));
    const int count = static_cast<int>(digits.size());
    const int place = exponent + 1; // of the dot, counted from the first digit
    const std::string sign = std::signbit(value) ? "-" : "";
    if (place > 0 && place < count && std::abs(value) < integers_end)
        return sign + digits.insert(static_cast<std::size_t>(place), ".");
    const std::string power = std::to_string(exponent);
    const int exponent_cost = static_cast<int>(power.size()) + 1 + (count == 1 ? 2 : 1);
    const int zeros_cost = place <= 0 ? 2 - place : place - count + 2;
    if (zeros_cost > exponent_cost || std::abs(value) >= integers_end)
        return sign + digits.substr(0, 1) + "." + (count == 1 ? "0" : digits.substr(1)) + "e" + power;
    if (place <= 0)
        return sign + "0." + std::string(static_cast<std::size_t>(-place), '0') + digits;
    return sign + digits + std::string(static_cast<std::size_t>(place - count), '0') + ".0";
}

/// Of a text not much more than `most_bytes`.
void append_leaf(std::string& out, const Term& term, std::size_t most_bytes) {
    switch (term.kind()) {
    case Term::Kind::atom:
        if (const std::string_view name = term.as_atom().name(); needs_quotes(name))
            append_quoted(out, name, '\'');
        else
            out += name;
        break;
    case Term::Kind::integer: out += fmt::format_int{term.as_integer()}.c_str(); break;
    case Term::Kind::floating: out += floating_text(term.as_floating()); break;
    case Term::Kind::string: append_quoted(out, term.as_string().substr(0, most_bytes), '"'); break;
    case Term::Kind::pid: out += to_string(term.as_pid()); break;
    case Term::Kind::ref: out += to_string(term.as_ref()); break;
    case Term::Kind::tuple:
    case Term::Kind::list: break; // opened by the caller
    }
}

/// A tuple or list that is being printed.
struct Open {
    std::span<const Term> rest;
    char closing;
};

} // namespace

// Walks without recursion: process stacks are small, reasons can be deep.
std::string to_string(const Term& term, std::size_t most_bytes) {
    std::string out;
    std::vector<Open> open;
    const Term* current = &term;
    for (;;) {
        if (out.size() > most_bytes)
            break;
        const bool is_tuple = current->kind() == Term::Kind::tuple;
        if (is_tuple || current->kind() == Term::Kind::list) {
            out += is_tuple ? '{' : '[';
            open.push_back({current->elements(), is_tuple ? '}' : ']'});
        } else
            append_leaf(out, *current, most_bytes);
        while (!open.empty() && open.back().rest.empty()) {
            out += open.back().closing;
            open.pop_back();
        }
        if (open.empty())
            break;
        if (out.back() != '{' && out.back() != '[')
            out += ',';
        current = &open.back().rest.front();
        open.back().rest = open.back().rest.subspan(1);
    }
    detail::cut_text(out, most_bytes);
    return out;
}

std::string to_string(const Term& term) {
    return to_string(term, std::numeric_limits<std::size_t>::max());
}

// -- Error ----

Error& Error::operator=(const Error& other) noexcept {
    term = other.term;
    delete text_.exchange(nullptr);
    return *this;
}

Error::~Error() {
    delete text_.load();
}

const char* Error::what() const noexcept {
    const std::string* text = text_.load();
    if (text == nullptr)
        try {
            auto made = std::make_unique<const std::string>(to_string(term));
            if (text_.compare_exchange_strong(text, made.get()))
                text = made.release();
        } catch (...) { // no memory
            return "fiberscope::Error";
        }
    return text->c_str();
}

} // namespace fiberscope
