// SPDX-License-Identifier: BSL-1.0
#include "base/readable_name.hpp"

#include <boost/core/demangle.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace fiberscope::detail {
namespace {

/// The position after the bracket that closes the one at `open`; brackets of all kinds nest.
std::size_t after_closing(std::string_view text, std::size_t open) noexcept {
    int depth = 0;
    for (std::size_t at = open; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '(' || c == '<' || c == '{' || c == '[')
            ++depth;
        else if ((c == ')' || c == '>' || c == '}' || c == ']') && !(c == '>' && text[at - 1] == '-') && --depth == 0)
            return at + 1;
    }
    return text.size();
}

bool is_identifier(char c) noexcept {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '~';
}

/// The length of an operator's name at the front, 0 if there is none: `operator()`, `operator<<`, `operator bool`.
std::size_t operator_length(std::string_view text) noexcept {
    constexpr std::string_view word = "operator";
    if (!text.starts_with(word) || text.size() == word.size() || is_identifier(text[word.size()]))
        return 0;
    if (text.substr(word.size()).starts_with("()"))
        return word.size() + 2;
    return std::min(text.find('(', word.size()), text.size());
}

/// Splits a qualified name at its `::`; parameters, template arguments, return type and qualifiers fall away.
class NameSplitter {
public:
    explicit NameSplitter(std::string_view name) : rest_{name} {}

    std::vector<std::string> split() {
        while (!rest_.empty())
            step();
        finish();
        return std::move(parts_);
    }

private:
    void step() {
        if (rest_.starts_with("::")) {
            finish();
            rest_.remove_prefix(2);
        } else if (const std::size_t length = part_.empty() ? operator_length(rest_) : 0; length != 0)
            keep(length);
        else if (rest_.front() == '{' || (part_.empty() && rest_.starts_with("<lambda(")))
            keep(after_closing(rest_, 0));
        else if (rest_.front() == '.' || rest_.front() == '@') // `msort_with_tmp.part.0`, `qsort@@GLIBC_2.2.5`
            rest_ = {};
        else if (rest_.front() == '(' || rest_.front() == '<' || rest_.front() == '[')
            rest_.remove_prefix(after_closing(rest_, 0));
        else if (rest_.front() == ' ')
            blank();
        else
            keep(1);
    }

    /// Before a name stands its return type, after it stand qualifiers.
    void blank() {
        rest_.remove_prefix(1);
        for (const std::string_view qualifier : {"const", "volatile", "noexcept", "&&", "&", "[clone"})
            if (rest_.starts_with(qualifier)) {
                const std::size_t next = std::min(rest_.find("::"), rest_.size());
                rest_.remove_prefix(qualifier == "[clone" ? rest_.size() : next);
                return;
            }
        part_.clear();
        parts_.clear();
    }

    void keep(std::size_t length) {
        part_ += rest_.substr(0, length);
        rest_.remove_prefix(length);
    }
    void finish() {
        if (!part_.empty())
            parts_.push_back(std::move(part_));
        part_.clear();
    }

    std::string_view rest_;
    std::string part_;
    std::vector<std::string> parts_;
};

/// `1` for `{lambda(int)#1}` (g++), `<lambda(int)>` (g++ in debug information) and `$_0` (clang); empty for all else.
std::string lambda_number(const std::string& part) {
    if (part.starts_with("{lambda") || part.starts_with("<lambda")) {
        const std::size_t hash = part.rfind('#');
        return hash == std::string::npos ? "1" : part.substr(hash + 1, part.size() - hash - 2);
    }
    if (part.starts_with("$_") && part.size() > 2)
        return std::to_string(std::stoul(part.substr(2)) + 1);
    return {};
}

bool is_outer_namespace(const std::string& part) {
    return part == "fiberscope" || part == "detail" || part == "__cxx11" || part == "std";
}

std::string join_last_two(const std::vector<std::string>& names) {
    if (names.empty())
        return {};
    const std::string& last = names.back();
    if (names.size() == 1 || is_outer_namespace(names[names.size() - 2]))
        return last;
    return names[names.size() - 2] + "::" + last;
}

/// Where a template's next argument ends.
std::size_t argument_end(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size() && text[at] != ',')
        at = text[at] == '<' || text[at] == '(' || text[at] == '{' ? after_closing(text, at) : at + 1;
    return at;
}

bool is_default_argument(std::string_view argument) {
    constexpr std::array<std::string_view, 6> defaults{"std::allocator<", "std::less<",        "std::hash<",
                                                       "std::equal_to<",  "std::char_traits<", "std::default_delete<"};
    return std::any_of(defaults.begin(), defaults.end(), [&](std::string_view start) { return argument.starts_with(start); });
}

std::string readable_arguments(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = argument_end(text);
        const std::string_view argument = text.substr(0, end);
        if (!is_default_argument(argument))
            out += (out.empty() ? "" : ",") + readable_type(argument);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (text.starts_with(' '))
            text.remove_prefix(1);
    }
    return out.empty() ? out : "<" + out + ">";
}

/// Position of the last `::` outside of brackets, or of what follows it.
std::size_t last_name(std::string_view type) noexcept {
    std::size_t start = 0;
    for (std::size_t at = 0; at < type.size();) {
        if (type.substr(at).starts_with("::")) {
            at += 2;
            start = at;
        } else if (type[at] == '<' || type[at] == '(' || type[at] == '{')
            at = after_closing(type, at);
        else
            ++at;
    }
    return start;
}

/// Where the next lambda begins that is named in `text`.
std::size_t find_lambda(std::string_view text, std::size_t from = 0) noexcept {
    return std::min(text.find("{lambda(", from), text.find("<lambda(", from));
}

/// Where the argument ends that `text` begins with.
std::size_t enclosed_end(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size() && std::string_view{",)>}]"}.find(text[at]) == std::string_view::npos)
        at = std::string_view{"(<{["}.find(text[at]) != std::string_view::npos ? after_closing(text, at) : at + 1;
    return at;
}

/// Where the argument begins that reaches to `end`; npos if it is no argument.
std::size_t argument_start(std::string_view text, std::size_t end) noexcept {
    int depth = 0;
    for (std::size_t at = end; at > 0; --at) {
        const char c = text[at - 1];
        if (c == ')' || c == '}' || c == ']' || (c == '>' && !text.substr(0, at).ends_with("->")))
            ++depth;
        else if (c == '(' || c == '{' || c == '[' || c == '<')
            --depth;
        if (depth < 0 || (depth == 0 && c == ','))
            return at;
    }
    return std::string_view::npos;
}

} // namespace

std::string demangle(const char* mangled) {
    return boost::core::demangle(mangled);
}

std::string readable_function(std::string_view demangled) {
    std::vector<std::string> names;
    std::string lambdas;
    for (std::string& part : NameSplitter{demangled}.split()) {
        const std::string number = lambda_number(part);
        if (!number.empty())
            lambdas += (lambdas.empty() ? "" : ".") + number;
        else if (lambdas.empty())
            names.push_back(std::move(part));
        else if (part != "operator()")
            lambdas += "." + part;
    }
    std::string out = join_last_two(names);
    if (!lambdas.empty())
        out += (out.empty() ? "lambda" : " lambda") + (lambdas == "1" ? std::string{} : " " + lambdas);
    return out.empty() ? std::string{demangled} : out;
}

std::string qualified_function(std::string_view demangled) {
    std::string out;
    for (const std::string& part : NameSplitter{demangled}.split())
        out += (out.empty() ? "" : "::") + part;
    return out;
}

std::string closure_in(std::string_view demangled) {
    const std::size_t lambda = find_lambda(demangled);
    const std::size_t start = lambda != std::string_view::npos ? argument_start(demangled, lambda) : lambda;
    if (start == std::string_view::npos)
        return {};
    const std::string_view from_here = demangled.substr(start);
    const std::string_view argument = from_here.substr(0, enclosed_end(from_here));
    std::size_t end = 0; // of the last lambda: it may be one in a lambda
    for (std::size_t next = find_lambda(argument); next < argument.size(); next = find_lambda(argument, end))
        end = after_closing(argument, next);
    std::string closure{argument.substr(0, end)};
    closure.erase(0, closure.find_first_not_of(' '));
    const std::size_t number = closure.rfind('#');
    if (number != std::string::npos && find_lambda(from_here, argument.size()) != std::string_view::npos)
        closure.replace(number, std::string::npos, "}");
    return closure;
}

std::string functor_in(std::string_view demangled) {
    for (const std::string_view wrapper : {"BodyOf<", "_Function_handler<"}) {
        const std::size_t at = demangled.find(wrapper);
        if (at == std::string_view::npos)
            continue;
        const std::string_view arguments = demangled.substr(at + wrapper.size() - 1);
        std::string_view rest = arguments.substr(1, after_closing(arguments, 0) - 2);
        std::string_view last;
        while (!rest.empty()) {
            last = rest.substr(0, argument_end(rest));
            rest.remove_prefix(std::min(rest.size(), last.size() + 1));
        }
        last.remove_prefix(std::min(last.find_first_not_of(' '), last.size()));
        if (!last.starts_with("std::function<")) // which calls the one that is looked for
            return std::string{last};
    }
    return {};
}

std::string readable_type(std::string_view demangled) {
    const std::string_view type = demangled.substr(last_name(demangled));
    if (type.starts_with("{lambda") || type.empty())
        return readable_function(demangled);
    const std::size_t open = type.find('<');
    if (open == std::string_view::npos)
        return std::string{type};
    const std::size_t close = after_closing(type, open);
    std::string arguments = readable_arguments(type.substr(open + 1, close - open - 2));
    std::string name{type.substr(0, open)};
    if (name == "basic_string" && arguments == "<char>")
        return "string";
    return name + arguments + std::string{type.substr(close)};
}

} // namespace fiberscope::detail
