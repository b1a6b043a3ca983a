// SPDX-License-Identifier: GPL-3.0-or-later
#include "command_line.hpp"
#include "display.hpp"
#include "program.hpp"
#include "resources.hpp"

#include <fiberscope/widgets/whole_file.hpp>

#include <QApplication>
#include <QIODevice>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

using namespace fiberscope;

namespace {

int refuse(const QString& line) {
    app::printError(line);
    return app::exitRefused;
}

int print(const QString& text) {
    const QString error = widgets::writeWhole("-", [&text](QIODevice& output) { return output.write(text.toUtf8()) >= 0; });
    return error.isEmpty() ? EXIT_SUCCESS : refuse(error);
}

/// One that is closed would be the next file that is opened, and be written to as if it were standard output. A file that
/// cannot be written stands in, so that what is written there fails.
void reserveStandardFiles() {
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(standard, F_GETFD) < 0)
            ::open("/dev/null", O_RDONLY); // takes the lowest number that is free
}

/// A pipe that nobody reads any more, and a file that grows beyond its limit, are errors of the write.
void ignoreSignalsOfWriting() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
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
    reserveStandardFiles();
    ignoreSignalsOfWriting();
    QStringList arguments;
    for (int index = 0; index < argc; ++index)
        arguments << QString::fromLocal8Bit(argv[index]);
    const app::CommandLine commandLine = app::parseCommandLine(arguments);
    if (const auto* const refusal = std::get_if<app::Refusal>(&commandLine))
        return refuse(refusal->line);
    if (const auto* const answer = std::get_if<app::Answer>(&commandLine))
        return print(answer->text);
    return run(std::get<app::Options>(commandLine), argv[0]);
}
