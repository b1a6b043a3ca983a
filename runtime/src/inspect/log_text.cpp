// SPDX-License-Identifier: BSL-1.0
// The log as text, as OTP's logger_formatter prints it for the default handler: a header line, then the report's fields.
#include <fiberscope/events.hpp>
#include <fiberscope/fault_text.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cctype>
#include <chrono>
#include <string>
#include <string_view>

namespace fiberscope {
namespace {

/// As `26-Nov-2026::09:05:07.000123`, local time.
std::string time_text(std::chrono::system_clock::time_point at) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    const std::tm local = fmt::localtime(std::chrono::system_clock::to_time_t(at));
    return fmt::format("{}-{:%b-%Y::%H:%M:%S}.{:06}", local.tm_mday, local, us % 1'000'000);
}

std::string upper(std::string_view word) {
    std::string result;
    for (const char c : word)
        result += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return result;
}

/// A terminal obeys control characters: they are shown instead, but for ends of lines and tabs.
std::string without_controls(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char c : text)
        if (const auto byte = static_cast<unsigned char>(c); (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f)
            result += fmt::format("\\x{:02x}", byte);
        else
            result += c;
    return result;
}

/// Each line of `text` after the first begins with `indent`.
std::string indented(std::string_view text, std::string_view indent) {
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    std::string result;
    for (const char c : text)
        c == '\n' ? (result += c) += indent : result += c;
    return result;
}

std::string field_text(const std::string& name, const std::string& value) {
    if (value.find('\n') == std::string::npos)
        return fmt::format("    {}: {}\n", name, value);
    return fmt::format("    {}:\n        {}\n", name, indented(value, "        "));
}

} // namespace

std::string log_text(const Event& event) {
    const LogEntry& entry = *event.log;
    const std::string level{to_string(entry.level)};
    const bool is_report = entry.title.ends_with(" REPORT") && entry.title.find('\n') == std::string::npos;
    std::string text;
    if (is_report)
        text = fmt::format("={}==== {} === {}\n", entry.title, time_text(event.at), level);
    else
        text = fmt::format("={} REPORT==== {} ===\n    {}\n", upper(level), time_text(event.at), indented(entry.title, "    "));
    bool tells_pid = !entry.pid;
    for (const auto& [name, value] : entry.fields) {
        text += field_text(name, with_hex_addresses(value));
        tells_pid = tells_pid || name == "pid";
    }
    if (!tells_pid)
        text += field_text("pid", to_string(entry.pid));
    return without_controls(text);
}

} // namespace fiberscope
