// SPDX-License-Identifier: GPL-3.0-or-later
#include "program.hpp"

#include "closing.hpp"
#include "headless_run.hpp"
#include "resources.hpp"
#include "signal_notifier.hpp"
#include "workload_toolbar.hpp"

#include <fiberscope/node.hpp>
#include <fiberscope/widgets/observer_window.hpp>
#include <fiberscope/widgets/whole_file.hpp>

#include <QAction>
#include <QApplication>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>

namespace fiberscope::app {

using namespace std::chrono_literals;

namespace {

/// Schedulers run a little below the window's priority, so that it answers while all of them are busy.
constexpr int schedulerNice = 5;
constexpr QSize pictureSize{1100, 720};

/// Says now, not after the run, that a file cannot be written; leaves no file behind.
QString findUnwritable(const Options& options) {
    for (const QString& name : {options.screenshot, options.dump}) {
        if (name.isEmpty())
            continue;
        if (const QString obstacle = widgets::findWriteObstacle(name); !obstacle.isEmpty())
            return obstacle;
    }
    return {};
}

/// **Errors:** nullptr, after a line on standard error.
std::unique_ptr<Node> startNode(std::uint32_t schedulers) {
    NodeConfig config;
    config.name = "fiberscope@localhost";
    config.schedulers = schedulers;
    config.scheduler_nice = schedulerNice;
    config.preemption = Preemption::signal;
    config.trap_faults = true;
    config.log_to_stderr.reset(); // the window shows the log
    try {
        return std::make_unique<Node>(config);
    } catch (const std::exception& error) {
        printError(QStringLiteral("the node does not start: %1").arg(error.what()));
        return nullptr;
    }
}

/// **Errors:** false, after a line on standard error.
bool setUpWindow(widgets::ObserverWindow& window, const Options& options) {
    if (options.refresh)
        window.setRefreshInterval(*options.refresh);
    if (options.size || options.isHeadless()) // a picture needs no screen that it fits
        window.setSize(options.size.value_or(pictureSize));
    if (options.tab.isEmpty() || window.setCurrentTab(options.tab))
        return true;
    printError(QStringLiteral("--tab: there is no tab '%1', but %2").arg(options.tab, window.tabNames().join(", ")));
    return false;
}

} // namespace

void printError(const QString& line) {
    std::fprintf(stderr, "fiberscope: %s\n", qUtf8Printable(line));
}

WorkloadToolbar* addToolbar(widgets::ObserverWindow& window, Node& node) {
    auto* const toolbar = new WorkloadToolbar{node, &window};
    window.pauseAction()->setIcon(resources::icon("pause"));
    window.refreshAction()->setIcon(resources::icon("refresh"));
    QAction* const first = toolbar->actions().constFirst();
    toolbar->insertActions(first, {window.pauseAction(), window.refreshAction()});
    toolbar->insertSeparator(first);
    window.addToolBar(toolbar);
    QObject::connect(toolbar, &WorkloadToolbar::stillStopping, &window, [&](const QString& line) { window.showNotice(line); });
    QObject::connect(toolbar, &WorkloadToolbar::provoking, &window, &widgets::ObserverWindow::followProcess);
    QObject::connect(toolbar, &WorkloadToolbar::done, &window, [&window] {
        if (window.refreshInterval() == 0ms && !window.pauseAction()->isChecked())
            window.refreshAction()->trigger();
    });
    return toolbar;
}

int runProgram(const Options& options) {
    if (const QString error = findUnwritable(options); !error.isEmpty()) {
        printError(error);
        return exitRefused;
    }
    const auto node = startNode(options.schedulers);
    if (!node)
        return exitRefused;
    using Remember = widgets::ObserverWindow::Remember;
    widgets::ObserverWindow window{*node, options.isHeadless() ? Remember::no : Remember::yes};
    WorkloadToolbar* const toolbar = addToolbar(window, *node);
    if (!setUpWindow(window, options))
        return exitRefused;

    QObject::connect(toolbar, &WorkloadToolbar::failed, &window, [&](const QString& line) {
        if (options.isHeadless())
            printError(line);
        else
            window.showNotice(line);
    });
    toolbar->start(options.workloads);
    SignalNotifier signalNotifier;
    if (options.isHeadless()) {
        QObject::connect(&signalNotifier, &SignalNotifier::terminationRequested, [] { QCoreApplication::exit(EXIT_FAILURE); });
        new HeadlessRun{*node, window, options, &window};
    } else {
        QObject::connect(&signalNotifier, &SignalNotifier::terminationRequested, &window, &QWidget::close);
        auto* const closing = new Closing{*node, window};
        QObject::connect(closing, &Closing::begun, &window, &widgets::ObserverWindow::prepareToClose);
    }
    if (!options.isHeadless() || !options.screenshot.isEmpty())
        window.show();
    return QApplication::exec();
}

} // namespace fiberscope::app
