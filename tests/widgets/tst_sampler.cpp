// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sampler.hpp"

#include <fiberscope/node.hpp>

#include <QSignalSpy>
#include <QTest>

#include <vector>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

/// What the sampler says of a live node.
class TestSampler : public QObject {
    Q_OBJECT

private slots:
    void theMemoryOfAllProcessesIsThatOfTheSamplesOwnMoment() {
        Node node{NodeConfig{.schedulers = 2}};
        Sampler sampler{node};
        LoadSample last;
        connect(&sampler, &Sampler::loadSampled, this, [&](const LoadSample& sample) { last = sample; });
        sampler.setLoadInterval(100ms);
        QTRY_VERIFY(last != nullptr && last->node.processes_bytes > 0);

        const auto agrees = [&] {
            const auto now = node.snapshot();
            return last->node.process_count == now.node.process_count && last->node.processes_bytes == now.node.processes_bytes;
        };
        std::vector<Pid> crowd;
        for (int number = 0; number < 5000; ++number)
            crowd.push_back(node.spawn([](Process& self) { self.receive<int>(); }));
        QVERIFY(node.wait_until_quiet(10s));
        QTRY_VERIFY2(agrees(), "with a crowd");
        for (const auto pid : crowd)
            node.exit(pid, ExitReason::kill());
        QVERIFY(node.wait_until_quiet(10s));
        QTRY_VERIFY2(agrees(), "without it");
    }

    /// However often somebody refreshes, the charts' samples come in their pace.
    void refreshesDoNotPutOffTheLoad() {
        Node node{NodeConfig{.schedulers = 1}};
        Sampler sampler{node};
        sampler.setLoadInterval(100ms);
        QSignalSpy loads{&sampler, &Sampler::loadSampled};
        QTRY_VERIFY(loads.size() > 1);
        for (int number = 0; number < 300; ++number) {
            sampler.refreshNow();
            QVERIFY(loads.wait());
        }
        const auto before = loads.size();
        QTRY_VERIFY(loads.size() > before + 2); // put off, the next one would come in half a minute
    }

    void whatNobodySeesIsNotCounted() {
        Node node{NodeConfig{.schedulers = 1}};
        Sampler sampler{node};
        LoadSample last;
        connect(&sampler, &Sampler::loadSampled, this, [&](const LoadSample& sample) { last = sample; });
        sampler.setSeen(false);
        sampler.refreshNow();
        QTRY_VERIFY(last != nullptr && last->node.processes_bytes == 0);
        sampler.setSeen(true);
        sampler.refreshNow();
        QTRY_VERIFY(last->node.processes_bytes > 0);
    }

    /// However many events come meanwhile, those that are not kept are counted.
    void eventsOfAPauseComeAfterItOrAreCounted() {
        Node node{NodeConfig{.schedulers = 1, .event_capacity = 4096, .log_to_stderr = {}}};
        Sampler sampler{node};
        std::uint64_t polled = 0;
        std::uint64_t arrived = 0;
        std::uint64_t kept = 0;
        const auto all = [](const EventsSample& batch) { return batch->events.size() + batch->lost; };
        connect(&sampler, &Sampler::eventsPolled, this, [&](const EventsSample& batch) { polled += all(batch); });
        connect(&sampler, &Sampler::eventsArrived, this, [&](const EventsSample& batch) {
            arrived += all(batch);
            kept += batch->events.size();
        });
        sampler.setPaused(true);
        for (std::uint64_t rounds = 1; rounds <= 10; ++rounds) {
            for (int line = 0; line < 4000; ++line)
                node.log(LogLevel::info, "flood");
            QTRY_VERIFY(polled >= rounds * 4000);
        }
        QCOMPARE(arrived, 0ULL);
        sampler.setPaused(false);
        QCOMPARE(arrived, polled);
        QVERIFY2(kept >= 16'384 && kept < 16'384 + 4096, qPrintable(QString::number(kept)));
    }
};

QTEST_GUILESS_MAIN(TestSampler)
#include "tst_sampler.moc"
