// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>

namespace fiberscope::app {

/// What the program was asked to do. Every value is checked but `tab`, which only the window knows.
struct Options {
    std::uint32_t schedulers = 0; ///< 0: one a core
    QStringList workloads;        ///< `NAME[:ARG]`, each name at most once; `kv` if none was given
    QString tab;                  ///< empty: the one of the last run
    std::optional<std::chrono::milliseconds> refresh;
    std::optional<QSize> size;
    QString screenshot; ///< a PNG file; empty: none
    QString dump;       ///< a JSON file; empty: none
    std::chrono::milliseconds after{3000};

    /// Writes files off-screen and ends, instead of showing a window.
    bool isHeadless() const { return !screenshot.isEmpty() || !dump.isEmpty(); }
};

/// Text for standard output; the program then ends with exit status 0.
struct Answer {
    QString text;
};

/// One line that says what is wrong; the program then ends with exit status 2.
struct Refusal {
    QString line;
};

using CommandLine = std::variant<Options, Answer, Refusal>;

/// Reads the command line; `arguments` starts with the program's name. Needs no QCoreApplication.
CommandLine parseCommandLine(const QStringList& arguments);

} // namespace fiberscope::app
