// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/text_format.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"

#include <fiberscope/fault_text.hpp>

#include <array>

namespace fiberscope::widgets {

namespace {

struct Unit {
    std::uint64_t size;
    std::uint64_t from; ///< the smallest value that is shown in it
    const char* name;
    const char* one; ///< its name after 1
};

constexpr std::uint64_t kib = 1024;
constexpr std::array byteUnits{Unit{kib * kib * kib, 10 * kib* kib* kib, "GiB", "GiB"},
                               Unit{kib * kib, 10 * kib* kib, "MiB", "MiB"}, Unit{kib, 10 * kib, "KiB", "KiB"},
                               Unit{1, 0, "B", "B"}};
constexpr std::uint64_t second = 1000;
constexpr std::array timeUnits{
    Unit{86'400 * second, 2 * 86'400 * second, "Days", "Day"}, Unit{3600 * second, 2 * 3600 * second, "Hours", "Hour"},
    Unit{60 * second, 2 * 60 * second, "Mins", "Min"}, Unit{second, second, "Secs", "Sec"}, Unit{1, 0, "ms", "ms"}};

template <std::size_t N>
QString inUnits(std::uint64_t value, const std::array<Unit, N>& units) {
    std::size_t chosen = 0;
    while (value < units[chosen].from)
        ++chosen;
    const auto count = value / units[chosen].size;
    return countText(count, units[chosen].one, units[chosen].name);
}

} // namespace

QString pidText(fiberscope::Pid pid) {
    return pid ? QString::fromStdString(fiberscope::to_string(pid)) : QString{};
}

QString bytesText(std::uint64_t bytes) {
    return inUnits(bytes, byteUnits);
}

QString durationText(std::uint64_t milliseconds) {
    return inUnits(milliseconds, timeUnits);
}

QString cpuTimeText(std::uint64_t nanoseconds) {
    const auto value = static_cast<double>(nanoseconds);
    if (nanoseconds < 1'000'000)
        return QStringLiteral("%1 µs").arg(nanoseconds / 1000);
    if (nanoseconds < 1'000'000'000)
        return QStringLiteral("%1 ms").arg(value / 1e6, 0, 'f', nanoseconds < 100'000'000 ? 1 : 0);
    return QStringLiteral("%1 s").arg(value / 1e9, 0, 'f', nanoseconds < 100'000'000'000 ? 2 : 0);
}

QString suspendedText() {
    return QStringLiteral("suspended: only resume and exit signals reach it");
}

QString processesText(qsizetype count) {
    return countText(static_cast<quint64>(count), "process", "processes");
}

QString namedPidText(const QString& name, fiberscope::Pid pid) {
    return name.isEmpty() ? pidText(pid) : QStringLiteral("%1 %2").arg(lineText(name), pidText(pid));
}

QString printedText(std::string_view printed) {
    return toQString(fiberscope::with_hex_addresses(printed));
}

QString termText(const fiberscope::Term& term) {
    constexpr std::size_t longest = std::size_t{16} * 1024; // nobody reads more of it in a line or a box
    return printedText(to_string(term, longest));
}

} // namespace fiberscope::widgets
