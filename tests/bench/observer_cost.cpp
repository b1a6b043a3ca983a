// SPDX-License-Identifier: BSL-1.0
#include "observer_cost.hpp"

#include "exchanges.hpp"

#include <fiberscope/widgets/observer_window.hpp>

#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

using namespace fiberscope;
using namespace std::chrono_literals;

namespace {

using bench::Done;

constexpr std::uint64_t roundTrips = 500'000;
constexpr std::uint64_t senders = 100;
constexpr std::uint64_t messagesEach = 10'000;

/// As the rows of that name.
void pingpong(Process& self) {
    bench::run_pingpong(self, roundTrips);
}
void fanin(Process& self) {
    bench::run_fanin(self, senders, messagesEach);
}

struct Row {
    const char* name;
    void (*work)(Process& self);
    double operations;
};
constexpr std::array rows{Row{"pingpong", &pingpong, roundTrips}, Row{"fanin", &fanin, senders* messagesEach}};

enum State { off, shown, hidden, states };

void runEvents(std::chrono::milliseconds time) {
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

/// Nanoseconds an operation, while this thread does what the window wants.
double measure(Node& node, const Row& row) {
    QEventLoop loop;
    std::chrono::steady_clock::duration time{};
    std::thread thread{[&] {
        ExternalProcess me = node.attach();
        const auto began = std::chrono::steady_clock::now();
        me->spawn([&row, to = me->pid()](Process& self) {
            row.work(self);
            self.send(to, Done{});
        });
        me->receive<Done>();
        time = std::chrono::steady_clock::now() - began;
        QMetaObject::invokeMethod(&loop, &QEventLoop::quit, Qt::QueuedConnection);
    }};
    loop.exec();
    thread.join();
    return std::chrono::duration<double, std::nano>{time}.count() / row.operations;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int fiberscope::bench::runObserverCost(std::uint32_t processes) {
    constexpr int rounds = 5;
    Node node{{.name = "cost@bench", .process_limit = 2'000'000, .log_to_stderr = {}}};
    for (std::uint32_t i = 0; i < processes; ++i)
        node.spawn([](Process& self) { self.receive<Done>(); });
    std::array<std::array<std::vector<double>, states>, rows.size()> times;
    for (int round = 0; round < rounds; ++round)
        for (int state = off; state < states; ++state) {
            std::unique_ptr<widgets::ObserverWindow> window;
            if (state != off) {
                window = std::make_unique<widgets::ObserverWindow>(node, widgets::ObserverWindow::Remember::no);
                window->setCurrentTab(QStringLiteral("processes"));
                window->show();
                runEvents(2s);
                window->setVisible(state == shown);
            }
            for (std::size_t row = 0; row < rows.size(); ++row)
                times[row][static_cast<std::size_t>(state)].push_back(measure(node, rows[row]));
        }
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const double without = median(times[row][off]);
        const auto more = [without](double with) { return 100 * (with / without - 1); };
        const double withShown = median(times[row][shown]);
        const double withHidden = median(times[row][hidden]);
        std::printf("observer_cost %-10s off %7.1f ns/op  shown %7.1f ns/op (%+.1f %%)  hidden %7.1f ns/op (%+.1f %%)\n",
                    rows[row].name, without, withShown, more(withShown), withHidden, more(withHidden));
    }
    node.stop();
    return 0;
}
