// SPDX-License-Identifier: BSL-1.0
#include "script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace scenario {
namespace {

using Complaint = std::optional<std::string>;

/// One command: how its arguments look, one letter each.
///   n  a name                       t  a term                  i  a whole number
///   w  any word                     T  a time: a number of milliseconds, or `infinity`
///   s  a strategy                   a  the type of an application
/// after `?` arguments may be left out, after `*` come options of the named set.
struct CommandForm {
    std::string_view name;
    std::string_view arguments;
    bool of_controller = false;
};

constexpr CommandForm forms[] = {
    {"wait", "i", true},
    {"result", "n", true},
    {"alive", "n", true},
    {"flags", "n", true},
    {"inbox", "n", true},
    {"inbox_sorted", "n", true},
    {"links", "n", true},
    {"monitors", "n", true},
    {"monitored_by", "n", true},
    {"register", "nt", true},
    {"unregister", "t", true},
    {"whereis", "t", true},
    {"registered", "", true},
    {"log", "", true},
    {"log_sorted", "", true},
    {"apps", "", true},
    {"sup", "ns*supervisor", true},
    {"child", "nn*child", true},
    {"app", "n*app", true},
    {"spawn", "n*spawn"},
    {"spawn_link", "n*spawn"},
    {"spawn_monitor", "nw*spawn"},
    {"trap_exit", "t"},
    {"priority", "t"},
    {"link", "n"},
    {"unlink", "n"},
    {"monitor", "nw"},
    {"demonitor", "w?ww"},
    {"exit", "t"},
    {"error", "t"},
    {"throw", "t"},
    {"return", ""},
    {"exit_signal", "nt"},
    {"send", "nt"},
    {"receive", "wt"},
    {"flush", ""},
    {"send_after", "tntw"},
    {"start_timer", "tntw"},
    {"cancel_timer", "w"},
    {"read_timer", "w"},
    {"server", "n*server"},
    {"server_nolink", "n*server"},
    {"call", "nt?T"},
    {"call_uncaught", "nt?T"},
    {"cast", "nt"},
    {"server_stop", "n?tT"},
    {"get_state", "n"},
    {"suspend", "n"},
    {"resume", "n"},
    {"sup_start", "n"},
    {"start_child", "nn*child"},
    {"terminate_child", "nn"},
    {"restart_child", "nn"},
    {"delete_child", "nn"},
    {"which_children", "n"},
    {"count_children", "n"},
    {"get_childspec", "nn"},
    {"app_start", "n?a"},
    {"app_start_all", "n"},
    {"app_stop", "n"},
};

const std::set<std::string_view> server_options{"trap", "register", "init", "continue", "idle", "terminate"};

const std::map<std::string_view, std::set<std::string_view>>& option_sets() {
    static const auto sets = [] {
        std::map<std::string_view, std::set<std::string_view>> all{
            {"spawn", {"priority"}},
            {"server", server_options},
            {"child", {"kind", "restart", "shutdown", "type", "significant"}},
            {"supervisor", {"intensity", "period", "auto_shutdown"}},
            {"app", {"sup", "deps"}},
        };
        all["child"].insert(server_options.begin(), server_options.end());
        return all;
    }();
    return sets;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_number(std::string_view word) {
    const auto term = Term::parse(word);
    return term && term->kind() == Term::Kind::integer;
}

Complaint check_term(std::string_view word) {
    const auto term = Term::parse(word);
    return term ? Complaint{} : fmt::format("'{}' is no term: {}", word, term.error());
}

Complaint check_init_steps(std::string_view value) {
    for (const std::string& step : split(value, '/')) {
        const std::size_t colon = step.find(':');
        const std::string kind = step.substr(0, colon);
        const bool takes_reason = is_one_of(kind, {"stop", "slowstop", "exit", "error"});
        if (takes_reason ? colon == std::string::npos : !is_one_of(step, {"ok", "slow", "ignore"}))
            return fmt::format("init: no step '{}'", step);
        if (takes_reason)
            if (auto complaint = check_term(std::string_view{step}.substr(colon + 1)))
                return complaint;
    }
    return std::nullopt;
}

Complaint check_terminate(std::string_view value) {
    const std::size_t colon = value.find(':');
    const std::string_view kind = value.substr(0, colon);
    const std::string_view rest = colon == std::string_view::npos ? std::string_view{} : value.substr(colon + 1);
    if (colon == std::string_view::npos ? is_one_of(kind, {"ok", "hang"}) : kind == "sleep" && is_number(rest))
        return std::nullopt;
    if (colon != std::string_view::npos && is_one_of(kind, {"exit", "error"}))
        return check_term(rest);
    return fmt::format("terminate: no way '{}'", value);
}

Complaint check_choice(std::string_view key, std::string_view value, std::initializer_list<std::string_view> choices) {
    return is_one_of(value, choices) ? Complaint{} : fmt::format("{}: '{}' is none of {}", key, value, fmt::join(choices, ", "));
}

Complaint check_value(std::string_view key, std::string_view value) {
    if (key == "init")
        return check_init_steps(value);
    if (key == "terminate")
        return check_terminate(value);
    if (key == "kind")
        return check_choice(key, value, {"server", "proc", "sup"});
    if (key == "restart")
        return check_choice(key, value, {"permanent", "transient", "temporary"});
    if (key == "type")
        return check_choice(key, value, {"worker", "supervisor"});
    if (is_one_of(key, {"significant", "trap"}))
        return check_choice(key, value, {"true", "false"});
    if (key == "auto_shutdown")
        return check_choice(key, value, {"never", "any_significant", "all_significant"});
    if (is_one_of(key, {"intensity", "period", "idle"}) || (key == "shutdown" && value != "infinity" && value != "brutal_kill"))
        return is_number(value) ? Complaint{} : fmt::format("{}: '{}' is no whole number", key, value);
    return check_term(value);
}

Complaint check_option(const std::string& word, std::string_view set) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos)
        return fmt::format("an option looks like KEY=VALUE, not '{}'", word);
    const std::string_view key = std::string_view{word}.substr(0, equals);
    if (set != "spawn" && !option_sets().at(set).contains(key)) // a wrong one of a spawn is the process's badarg
        return fmt::format("no option '{}' here", key);
    return check_value(key, std::string_view{word}.substr(equals + 1));
}

Complaint check_argument(char form, std::string_view word) {
    switch (form) {
    case 'n': return check_term(word.substr(word.starts_with('@') ? 1 : 0, word.find('#')));
    case 't': return check_term(word);
    case 'i': return is_number(word) && word.front() != '-' ? Complaint{} : fmt::format("'{}' is no number", word);
    case 'T': return word == "infinity" ? Complaint{} : check_argument('i', word);
    case 's': return check_choice("strategy", word, {"one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"});
    case 'a': return check_choice("type", word, {"temporary"});
    default: return std::nullopt;
    }
}

Complaint check(const Words& words) {
    const auto* const form =
        std::find_if(std::begin(forms), std::end(forms), [&](const CommandForm& each) { return each.name == words.front(); });
    if (form == std::end(forms))
        return fmt::format("unknown command '{}'", words.front());
    std::size_t at = 1;
    bool may_be_left_out = false;
    for (std::size_t i = 0; i < form->arguments.size(); ++i) {
        const char each = form->arguments[i];
        if (each == '*') {
            for (; at < words.size(); ++at)
                if (auto complaint = check_option(words[at], form->arguments.substr(i + 1)))
                    return complaint;
            return std::nullopt;
        }
        if (each == '?')
            may_be_left_out = true;
        else if (at < words.size()) {
            if (auto complaint = check_argument(each, words[at++]))
                return complaint;
        } else if (!may_be_left_out)
            return fmt::format("'{}' needs more arguments", words.front());
    }
    return at == words.size() ? Complaint{} : fmt::format("'{}' has too many arguments", words.front());
}

bool is_controllers(std::string_view command) {
    return std::any_of(std::begin(forms), std::end(forms),
                       [&](const CommandForm& form) { return form.of_controller && form.name == command; });
}

Line line_of(Words words) {
    Line line;
    line.echo = fmt::format("{}", fmt::join(words, " "));
    if (words.front().size() > 1 && words.front().ends_with(':')) {
        line.actor = words.front().substr(0, words.front().size() - 1);
        words.erase(words.begin());
        if (!words.empty() && words.front() == "bg") {
            line.in_background = true;
            words.erase(words.begin());
        }
    } else if (!is_controllers(words.front()))
        line.actor = "root";
    line.words = std::move(words);
    return line;
}

Complaint check(const Line& line) {
    if (line.words.empty())
        return "a command is missing";
    if (!line.actor.empty() && is_controllers(line.words.front()))
        return fmt::format("'{}' is a command of the controller: it has no actor", line.words.front());
    return check(line.words);
}

} // namespace

ScriptError::ScriptError(const std::string& file, int line, const std::string& what)
    : std::runtime_error{line > 0 ? fmt::format("{}:{}: {}", file, line, what) : fmt::format("{}: {}", file, what)} {}

Script read_script(const std::string& path) {
    std::ifstream file{path};
    if (!file || std::filesystem::is_directory(path))
        throw ScriptError{path, 0, "cannot be read"};
    Script script;
    script.name = std::filesystem::path{path}.filename().string();
    if (script.name.ends_with(".scenario"))
        script.name.resize(script.name.size() - std::string_view{".scenario"}.size());
    int number = 0;
    for (std::string text; std::getline(file, text);) {
        ++number;
        std::istringstream stream{text};
        Words words;
        for (std::string word; stream >> word;)
            words.push_back(std::move(word));
        if (words.empty() || words.front().starts_with('#'))
            continue;
        Line line = line_of(std::move(words));
        if (auto complaint = check(line))
            throw ScriptError{path, number, *complaint};
        script.lines.push_back(std::move(line));
    }
    return script;
}

Term term_of(std::string_view text) {
    return *Term::parse(text);
}

Options options_of(const Words& words, std::size_t first) {
    Options options;
    for (std::size_t i = first; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        options.emplace(words[i].substr(0, equals), words[i].substr(equals + 1));
    }
    return options;
}

std::string option(const Options& options, std::string_view key, std::string_view otherwise) {
    const auto found = options.find(key);
    return found != options.end() ? found->second : std::string{otherwise};
}

Words split(std::string_view text, char separator) {
    Words parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(separator, begin), text.size());
        parts.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

} // namespace scenario
