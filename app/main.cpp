// SPDX-License-Identifier: GPL-3.0-or-later
#include "command_line.hpp"
#include "display.hpp"
#include "program.hpp"
#include "resources.hpp"

#include <QApplication>

#include <cstdio>
#include <cstdlib>

using namespace fiberscope;

namespace {

int refuse(const QString& line) {
    app::printError(line);
    return app::exitRefused;
}

/// Off-screen for files, the display for a window. **Errors:** one line.
QString prepareDisplay(const app::Options& options) {
    if (!options.isHeadless())
        return app::findDisplay();
    qputenv("QT_QPA_PLATFORM", "offscreen");
    return {};
}

int run(const app::Options& options, char* programName) {
    if (const QString problem = prepareDisplay(options); !problem.isEmpty())
        return refuse(problem);
    // the command line is ours: Qt gets the program's name alone
    int count = 1;
    char* arguments[] = {programName, nullptr};
    QApplication application{count, arguments};
    QApplication::setApplicationName("fiberscope");
    QApplication::setApplicationDisplayName("Fiberscope");
    QApplication::setApplicationVersion(FIBERSCOPE_VERSION);
    QApplication::setOrganizationName("fiberscope");
    QApplication::setDesktopFileName("io.github.fiberscope");
    QApplication::setWindowIcon(resources::icon("fiberscope"));
    QApplication::setQuitOnLastWindowClosed(false); // closing the window stops the node first
    return app::runProgram(options);
}

} // namespace

int main(int argc, char** argv) {
    QStringList arguments;
    for (int index = 0; index < argc; ++index)
        arguments << QString::fromLocal8Bit(argv[index]);
    const app::CommandLine commandLine = app::parseCommandLine(arguments);
    if (const auto* const refusal = std::get_if<app::Refusal>(&commandLine))
        return refuse(refusal->line);
    if (const auto* const answer = std::get_if<app::Answer>(&commandLine)) {
        std::fputs(qUtf8Printable(answer->text), stdout);
        return EXIT_SUCCESS;
    }
    return run(std::get<app::Options>(commandLine), argv[0]);
}
