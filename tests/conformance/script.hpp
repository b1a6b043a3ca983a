// SPDX-License-Identifier: BSL-1.0
/// Reading of scenario files: words and terms, checked before anything runs.
#pragma once

#include <fiberscope/term.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace scenario {

using fiberscope::Term;
using Words = std::vector<std::string>;

/// What is wrong with a file, and where.
struct ScriptError : std::runtime_error {
    ScriptError(const std::string& file, int line, const std::string& what);
};

/// `NAME: COMMAND`, `NAME: bg COMMAND`, or COMMAND of the controller or of root.
struct Line {
    std::string echo;  ///< as it is printed before the result: its words, one blank between two
    std::string actor; ///< empty: the controller
    bool in_background = false;
    Words words; ///< the command itself, with its arguments
};

struct Script {
    std::string name; ///< the file's name without folder and ending
    std::vector<Line> lines;
};

/// **Errors:** throws ScriptError for what is not of the language (unknown command, wrong arguments, no term).
Script read_script(const std::string& path);

/// A term that has been checked by `read_script`. A text in double quotes is a list of characters, as in Erlang.
Term term_of(std::string_view text);

/// `key=value` words.
using Options = std::map<std::string, std::string, std::less<>>;
Options options_of(const Words& words, std::size_t first);
/// The value of `key`, or `otherwise`.
std::string option(const Options& options, std::string_view key, std::string_view otherwise);

/// `a/b/c` at its slashes.
Words split(std::string_view text, char separator);

} // namespace scenario
