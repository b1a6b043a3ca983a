// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <QString>

#include <cstdint>
#include <string_view>

/// How values read in the window, in the forms of Erlang's observer.
namespace fiberscope::widgets {

inline QString toQString(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}
/// `<0.90.0>`.
QString pidText(fiberscope::Pid pid);
/// `88 B`, `106 KiB`, `12 MiB`: the next unit from ten of it on.
QString bytesText(std::uint64_t bytes);
/// `250 ms`, `1 Sec`, `21 Secs`, `5 Mins`, `3 Hours`, `2 Days`: the next unit from two of it on.
QString durationText(std::uint64_t milliseconds);
/// Time on a scheduler: `38 µs`, `12.4 ms`, `3.21 s`.
QString cpuTimeText(std::uint64_t nanoseconds);
/// From an exit to the restart: `38 µs`, `12.4 ms`, `3.21 s`.
inline QString microsecondsText(std::uint64_t microseconds) {
    return cpuTimeText(microseconds * 1000);
}
/// What it means that a process is suspended, as a sentence's end.
QString suspendedText();
/// `1 process`, `5 processes`.
QString processesText(qsizetype count);
/// `kv_sup <0.90.0>`, or the pid alone where there is no name; the name as lineText() makes it.
QString namedPidText(const QString& name, fiberscope::Pid pid);
/// A printed term as it is shown: the address of a fault is hexadecimal, `{fault,'SIGSEGV',0x7f00}`.
QString printedText(std::string_view printed);
/// A term in Erlang's form, likewise.
QString termText(const fiberscope::Term& term); ///< cut at 16 KiB

} // namespace fiberscope::widgets
