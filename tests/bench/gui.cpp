// SPDX-License-Identifier: BSL-1.0
/// fiberscope-bench gui [PROCESSES]: does the real window stall? A timer of the GUI thread tells how long it was kept from
/// the event loop, a line a phase. A gap by the window's own work shows as CPU time of that thread, one by other programs
/// does not.
/// fiberscope-bench observer_cost [PROCESSES]: what does the window cost the node that it shows?
#include "observer_cost.hpp"

#include <fiberscope/widgets/observer_window.hpp>

#include <fiberscope/fiberscope.hpp>

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QLineEdit>
#include <QListWidget>
#include <QTableView>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string_view>
#include <vector>

using namespace fiberscope;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto beat = 5ms;
constexpr double stallMs = 50;
constexpr std::uint32_t changingChildren = 100'000;
constexpr std::uint32_t supervisors = 10'000;

void waitForEver(Process& self) {
    self.receive(after(24h, [] {}));
}

double threadCpuMs() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Measures the gaps between two returns to the event loop.
class Heartbeat {
public:
    Heartbeat() {
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, [this] { take(); });
    }
    void start() {
        m_gaps.clear();
        m_at = Clock::now();
        m_cpu = threadCpuMs();
        m_timer.start(beat);
    }
    /// Prints what was measured since start().
    void report(const char* phase) {
        m_timer.stop();
        if (m_gaps.empty())
            return;
        const auto longest = *std::max_element(m_gaps.begin(), m_gaps.end(), [](auto& a, auto& b) { return a.wall < b.wall; });
        double mostCpu = 0;
        std::vector<double> walls;
        for (const Gap& gap : m_gaps) {
            walls.push_back(gap.wall);
            mostCpu = std::max(mostCpu, gap.cpu);
        }
        std::sort(walls.begin(), walls.end());
        const auto stalls = std::count_if(m_gaps.begin(), m_gaps.end(), [](auto& gap) { return gap.wall > stallMs; });
        const auto own = std::count_if(m_gaps.begin(), m_gaps.end(), [](auto& gap) { return gap.cpu > stallMs; });
        std::printf(
            "gui %-26s longest %7.1f ms (CPU %7.1f)  most CPU %7.1f  99.9%% %7.1f ms  over 50 ms: %td (by CPU %td) of %zu\n",
            phase, longest.wall, longest.cpu, mostCpu, walls[walls.size() * 999 / 1000], stalls, own, walls.size());
        std::fflush(stdout);
    }

private:
    struct Gap {
        double wall, cpu; ///< ms
    };

    void take() {
        const auto now = Clock::now();
        const double cpu = threadCpuMs();
        m_gaps.push_back({std::chrono::duration<double, std::milli>{now - m_at}.count(), cpu - m_cpu});
        m_at = now;
        m_cpu = cpu;
    }

    QTimer m_timer;
    std::vector<Gap> m_gaps;
    Clock::time_point m_at;
    double m_cpu = 0;
};

Application family(const char* name, std::uint32_t count) {
    auto supervisor = Supervisor::one_for_one({.intensity = 1'000'000'000, .period = 1s}).named(std::string{name} + "_sup");
    for (std::uint32_t i = 0; i < count; ++i)
        supervisor = std::move(supervisor).child(Term{i}, waitForEver);
    return Application{name, std::move(supervisor)};
}

/// A supervisor of many supervisors of one process each.
Application tree(const char* name, std::uint32_t count) {
    auto root = Supervisor::one_for_one().named(std::string{name} + "_sup");
    for (std::uint32_t i = 0; i < count; ++i)
        root = std::move(root).child(Term{i}, Supervisor::one_for_one().child("member", waitForEver));
    return Application{name, std::move(root)};
}

void run(QApplication& application, std::chrono::milliseconds time) {
    QTimer::singleShot(time, &application, [&application] { application.exit(); });
    application.exec();
}

/// Kills children of a supervisor by the thousand, from a process of the node.
void killOnAndOn(Process& self, Pid supervisor) {
    for (;;) {
        const auto children = self.call(supervisor, WhichChildren{}, 60s);
        for (const auto& child : children)
            if (child.pid)
                self.exit(child.pid, ExitReason::kill());
        self.receive(after(500ms, [] {}));
    }
}

/// Shows the tree of an application once the list names it.
void choose(const widgets::ObserverWindow& window, const QString& application) {
    auto* list = window.findChild<QListWidget*>(QStringLiteral("applicationList"));
    QObject::connect(list->model(), &QAbstractItemModel::rowsInserted, list, [list, application] {
        QTimer::singleShot(0, list, [list, application] {
            for (auto* item : list->findItems(application, Qt::MatchExactly))
                list->setCurrentItem(item);
        });
    });
}

/// Types into a field, a letter at a time, while the window does what else it does.
void typeInto(const widgets::ObserverWindow& window, const char* field, const QString& text) {
    constexpr auto betweenKeys = 400ms;
    auto* edit = window.findChild<QLineEdit*>(QString::fromLatin1(field));
    for (qsizetype length = 1; length <= text.size(); ++length)
        QTimer::singleShot(betweenKeys * length, edit, [edit, part = text.left(length)] { edit->setText(part); });
}

/// How long it takes from what a person does to the rows that it leads to.
class Answers {
public:
    explicit Answers(QAbstractItemModel& model) : m_model{model} {}
    void measure(const std::function<void()>& act) {
        QEventLoop loop;
        for (const auto rowsChange : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
            QObject::connect(&m_model, rowsChange, &loop, &QEventLoop::quit, Qt::QueuedConnection);
        QObject::connect(&m_model, &QAbstractItemModel::layoutChanged, &loop, &QEventLoop::quit, Qt::QueuedConnection);
        QTimer::singleShot(10s, &loop, &QEventLoop::quit);
        QElapsedTimer time;
        time.start();
        act();
        loop.exec();
        m_times.push_back(static_cast<double>(time.nsecsElapsed()) / 1e6);
    }
    void report(const char* what) {
        std::sort(m_times.begin(), m_times.end());
        std::printf("gui %-26s median %8.1f ms  longest %7.1f ms of %zu\n", what, m_times[m_times.size() / 2], m_times.back(),
                    m_times.size());
        std::fflush(stdout);
        m_times.clear();
    }

private:
    QAbstractItemModel& m_model;
    std::vector<double> m_times;
};

/// Sorts by every column, and types into the filter and out of it again; without refreshes, which change rows, too.
void measureAnswers(const widgets::ObserverWindow& window) {
    auto* table = window.findChild<QTableView*>(QStringLiteral("processTable"));
    auto* filter = window.findChild<QLineEdit*>(QStringLiteral("processFilter"));
    auto* pause = window.findChild<QAction*>(QStringLiteral("pause"));
    pause->trigger();
    Answers answers{*table->model()};
    for (int column = 0; column < table->model()->columnCount(); ++column)
        if (!table->isColumnHidden(column))
            for (const auto order : {Qt::AscendingOrder, Qt::DescendingOrder})
                answers.measure([table, column, order] { table->sortByColumn(column, order); });
    answers.report("a sort");
    const QString text = QStringLiteral("<0.123");
    for (qsizetype length = 1; length <= text.size(); ++length)
        answers.measure([filter, part = text.left(length)] { filter->setText(part); });
    answers.measure([filter] { filter->clear(); });
    answers.report("a filter key");
    pause->trigger();
}

} // namespace

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") && qEnvironmentVariableIsEmpty("DISPLAY"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application{argc, argv};
    const bool isCost = std::string_view{argv[0]} == "observer_cost";
    const auto processes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : (isCost ? 100'000 : 1'000'000);
    if (processes < 1 || processes > 1'800'000) {
        std::fprintf(stderr, "fiberscope-bench: %s takes a number of processes from 1 to 1800000, not '%s'\n", argv[0], argv[1]);
        return 2;
    }
    if (isCost)
        return bench::runObserverCost(static_cast<std::uint32_t>(processes));
    Node node{{.name = "gui@bench", .process_limit = 2'000'000, .log_to_stderr = {}}};
    if (!node.start(family("all", static_cast<std::uint32_t>(processes))))
        return 1;
    widgets::ObserverWindow window{node, widgets::ObserverWindow::Remember::no};
    window.resize(1280, 720);
    window.show();
    choose(window, QStringLiteral("all"));
    Heartbeat heartbeat;
    const auto measure = [&](const char* tab, const char* phase, std::chrono::milliseconds time) {
        heartbeat.start();
        window.setCurrentTab(QString::fromLatin1(tab));
        run(application, time);
        heartbeat.report(phase);
    };
    measure("processes", "processes", 15s);
    measureAnswers(window);
    typeInto(window, "processFilter", QStringLiteral("waitForEver"));
    measure("processes", "processes, filter", 10s);
    measure("applications", "applications, one family", 15s);
    typeInto(window, "applicationSearch", QString::number(processes / 2));
    measure("applications", "applications, search", 10s);
    if (!node.stop_application("all") || !node.start(family("changing", changingChildren)))
        return 1;
    choose(window, QStringLiteral("changing"));
    const Pid supervisor = node.whereis("changing_sup");
    node.spawn([supervisor](Process& self) { killOnAndOn(self, supervisor); });
    measure("applications", "applications, restarts", 15s);
    if (!node.stop_application("changing") || !node.start(tree("tree", supervisors)))
        return 1;
    choose(window, QStringLiteral("tree"));
    measure("applications", "applications, supervisors", 15s);
    node.stop();
    return 0;
}
