// SPDX-License-Identifier: BSL-1.0
/// fiberscope-bench gui [PROCESSES]: does the real window stall? A timer of the GUI thread tells how long it was kept from
/// the event loop, a line a phase. A gap by the window's own work shows as CPU time of that thread, one by other programs
/// does not.
#include <fiberscope/widgets/observer_window.hpp>

#include <fiberscope/fiberscope.hpp>

#include <QApplication>
#include <QListWidget>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <vector>

using namespace fiberscope;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto beat = 5ms;
constexpr double stallMs = 50;
constexpr std::uint32_t changingChildren = 100'000;

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

} // namespace

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") && qEnvironmentVariableIsEmpty("DISPLAY"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application{argc, argv};
    const auto processes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
    if (processes < 1 || processes > 1'800'000) {
        std::fprintf(stderr, "fiberscope-bench: gui takes a number of processes from 1 to 1800000, not '%s'\n", argv[1]);
        return 2;
    }
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
    measure("applications", "applications, one family", 15s);
    if (!node.stop_application("all") || !node.start(family("changing", changingChildren)))
        return 1;
    choose(window, QStringLiteral("changing"));
    const Pid supervisor = node.whereis("changing_sup");
    node.spawn([supervisor](Process& self) { killOnAndOn(self, supervisor); });
    measure("applications", "applications, restarts", 15s);
    node.stop();
    return 0;
}
