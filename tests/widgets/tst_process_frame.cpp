// SPDX-License-Identifier: GPL-3.0-or-later
#include "process_samples.hpp"

#include "model/process_columns.hpp"

#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;
using fiberscope::widgets::test::Population;
using namespace std::chrono_literals;

namespace {

/// The frame as text: a name a line, `+` for new and `-` for ended ones.
QStringList linesOf(const ProcessFrame& frame) {
    QStringList lines;
    for (std::size_t row = 0; row < frame.rowCount(); ++row) {
        const auto text = processText(frame, frame.index(row), ProcessColumn::name);
        const auto mark = frame.mark(row);
        lines += mark == RowMark::started ? '+' + text : mark == RowMark::ended ? '-' + text : text;
    }
    return lines;
}

} // namespace

/// Filter, order, comparison of samples: what makes a frame out of a snapshot.
class TestProcessFrame : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_population = {};
        m_builder = std::make_unique<ProcessFrameBuilder>();
        m_query = {};
        m_population.start(1, "alpha").reductions = 30;
        m_population.start(2, "beta").reductions = 10;
        m_population.start(3, "", "gamma of ray").reductions = 20;
    }

    void firstSampleShowsTotalsAndNobodyAsNew() {
        QCOMPARE(linesOf(*frame()), (QStringList{"alpha", "gamma of ray", "beta"}));
        QCOMPARE(m_builder->last()->rates[0].reductions, 30U);
    }

    void reductionsCountSinceTheLastSample() {
        frame();
        m_population[2].reductions += 500;
        m_population[1].reductions += 5;
        QCOMPARE(linesOf(*frame()), (QStringList{"beta", "alpha", "gamma of ray"}));
        QCOMPARE(m_builder->last()->rates[1].reductions, 500U);
        m_query.accumulate = true;
        const auto accumulated = m_builder->frame(m_query);
        QCOMPARE(processText(*accumulated, accumulated->index(0), ProcessColumn::reductions), "510");
    }

    /// What a command changed is shown at once; Reds would fall, and the rows jump, if that began a new interval.
    void anUpdateIsWithinTheInterval() {
        frame();
        m_population.pass(1000);
        m_population[2].reductions += 500;
        m_population[2].cpu_ns += 250'000'000;
        m_population[1].reductions += 400;
        frame();
        m_population.pass(100);
        m_population[1].reductions += 30;
        m_population[1].status = Status::suspended;
        m_population.end(3);
        m_population.start(4, "delta").reductions = 7;
        for (int twice = 0; twice < 2; ++twice) {
            const auto shown = frame({.isUpdate = true});
            QCOMPARE(linesOf(*shown), (QStringList{"beta", "alpha", "+delta", "-gamma of ray"}));
            const auto text = [&](std::size_t row, ProcessColumn column) {
                return processText(*shown, shown->index(row), column);
            };
            QCOMPARE(text(0, ProcessColumn::reductions), "500");
            QCOMPARE(text(0, ProcessColumn::cpuPercent), "25.0");
            QCOMPARE(text(1, ProcessColumn::reductions), "400");
            QCOMPARE(text(1, ProcessColumn::status), "suspended");
            QCOMPARE(text(2, ProcessColumn::reductions), "7");
        }
        m_population.pass(900);
        m_population[1].reductions += 270;
        QCOMPARE(linesOf(*frame()), (QStringList{"alpha", "+delta", "beta", "-gamma of ray"}));
        QCOMPARE(m_builder->last()->rates[0].reductions, 300U); // of the whole interval
        QCOMPARE(linesOf(*frame()), (QStringList{"alpha", "beta", "delta"}));
    }

    /// After a pause or another tab.
    void aRefreshThatComesLateCountsAsMuchAsOneInTime() {
        frame();
        m_population.pass(60'000);
        m_population[1].reductions += 60'000;
        m_population[1].cpu_ns += 6'000'000'000;
        const auto shown = frame({.pace = 1s});
        QCOMPARE(m_builder->last()->rates[0].reductions, 1000U);
        QCOMPARE(processText(*shown, 0, ProcessColumn::cpuPercent), "10.0");
        m_population.pass(1300); // a little late is in time
        m_population[1].reductions += 1300;
        frame({.pace = 1s});
        QCOMPARE(m_builder->last()->rates[0].reductions, 1300U);
        m_population.pass(60'000);
        m_population.start(4, "delta").reductions = 500;
        m_population.pass(500); // its whole life is within one interval
        frame({.pace = 1s});
        QCOMPARE(m_builder->last()->rates[3].reductions, 500U);
        m_population.pass(60'000); // the user's own refresh has no pace
        m_population[1].reductions += 60'000;
        frame();
        QCOMPARE(m_builder->last()->rates[0].reductions, 60'000U);
    }

    void cpuPercentIsTheShareOfTheInterval() {
        frame();
        m_population.pass(2000);
        m_population[2].cpu_ns += 500'000'000;
        const auto shown = frame();
        QCOMPARE(processText(*shown, 1, ProcessColumn::cpuPercent), "25.0");
        QCOMPARE(processText(*shown, 0, ProcessColumn::cpuPercent), "0.0");
    }

    /// The window is there before what it is to show.
    void whatStartsWithTheWindowIsNotMarked() {
        frame();
        m_population.pass(200);
        m_population.start(4, "delta");
        m_population.pass(800);
        QVERIFY(linesOf(*frame()).contains("delta"));
        m_population.pass(200);
        m_population.start(5, "epsilon");
        m_population.pass(800);
        QCOMPARE(linesOf(*frame()).filter("+"), QStringList{"+epsilon"});
    }

    void newOnesAreMarkedOnce() {
        frame();
        m_population.pass(1000);
        m_population.start(4, "delta");
        QVERIFY(linesOf(*frame()).contains("+delta"));
        QVERIFY(linesOf(*frame()).contains("delta"));
    }

    void endedOnesStayForOneSampleWithTheirLastValues() {
        m_query.sortColumn = ProcessColumn::name;
        m_query.order = Qt::AscendingOrder;
        frame();
        m_population.end(3);
        const auto shown = frame();
        QCOMPARE(linesOf(*shown), (QStringList{"alpha", "beta", "-gamma of ray"}));
        QCOMPARE(shown->shownLive, 2U);
        QCOMPARE(shown->sample->liveCount, 2U);
        QCOMPARE(processText(*shown, shown->index(2), ProcessColumn::status), "ended");
        QCOMPARE(linesOf(*frame()), (QStringList{"alpha", "beta"}));
    }

    void aSlotsNextProcessIsAnother() {
        frame();
        m_population.pass(1000);
        m_population.end(2);
        m_population.start(2, "beta");
        const auto shown = frame();
        QCOMPARE(linesOf(*shown).filter("beta").size(), 2);
        QVERIFY(linesOf(*shown).contains("+beta"));
        QVERIFY(linesOf(*shown).contains("-beta"));
    }

    void filter_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("name, in any case") << "ALPHA" << QStringList{"alpha"};
        QTest::newRow("label") << "of ray" << QStringList{"gamma of ray"};
        QTest::newRow("initial function") << "shop" << QStringList{"alpha", "gamma of ray", "beta"};
        QTest::newRow("current function") << "recei" << QStringList{"alpha", "gamma of ray", "beta"};
        QTest::newRow("pid") << "<0.2.1>" << QStringList{"beta"};
        QTest::newRow("part of a pid") << "0.3." << QStringList{"gamma of ray"};
        QTest::newRow("blanks around") << "  beta " << QStringList{"beta"};
        QTest::newRow("nobody") << "omega" << QStringList{};
    }
    void filter() {
        QFETCH(QString, text);
        QFETCH(QStringList, expected);
        m_query.filter = text;
        QCOMPARE(linesOf(*frame()), expected);
    }

    void systemProcessesCanBeHidden() {
        m_population[1].flags |= ProcessRow::system_flag;
        m_query.hideSystemProcesses = true;
        QCOMPARE(linesOf(*frame()), (QStringList{"gamma of ray", "beta"}));
    }

    void aQueryAppliesToTheLastSample() {
        frame();
        m_query.sortColumn = ProcessColumn::name;
        QCOMPARE(linesOf(*m_builder->frame(m_query)), (QStringList{"gamma of ray", "beta", "alpha"}));
        m_query.order = Qt::AscendingOrder;
        QCOMPARE(linesOf(*m_builder->frame(m_query)), (QStringList{"alpha", "beta", "gamma of ray"}));
    }

    void everyColumnSortsByWhatItShows() {
        for (std::uint32_t slot = 10; slot < 60; ++slot) {
            auto& row = m_population.start(slot, "n" + std::to_string(slot % 7));
            row.memory_bytes = slot * 37 % 11;
            row.message_queue_length = slot * 5 % 13;
            row.started_ms = slot % 9;
        }
        for (int column = 0; column < processColumnCount; ++column) {
            m_query.sortColumn = static_cast<ProcessColumn>(column);
            for (const auto order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
                m_query.order = order;
                const auto shown = m_builder->last() ? m_builder->frame(m_query) : frame();
                for (std::size_t row = 1; row < shown->rowCount(); ++row) {
                    const auto before = processRaw(*shown, shown->index(row - 1), m_query.sortColumn);
                    const auto after = processRaw(*shown, shown->index(row), m_query.sortColumn);
                    const auto compared = QVariant::compare(before, after);
                    QVERIFY(order == Qt::AscendingOrder ? compared <= 0 : compared >= 0);
                }
            }
        }
    }

    void findsProcesses() {
        const auto shown = frame();
        QCOMPARE(shown->rowOf(m_population.pid(3)), std::optional<std::size_t>{1});
        QCOMPARE(shown->rowOfSlot(2), std::optional<std::size_t>{2});
        QVERIFY(!shown->rowOfSlot(77));
        QVERIFY(!shown->rowOf(Pid{1, 2, 999}));
        m_query.filter = "alpha";
        QVERIFY(!m_builder->frame(m_query)->rowOf(m_population.pid(3)));
    }

    void buffersComeBack() {
        const auto* buffer = frame()->sample->snapshot.processes.data();
        frame();
        QCOMPARE(frame()->sample->snapshot.processes.data(), buffer);
    }

private:
    ProcessFramePtr frame(const SampleKind& kind = {}) { return m_population.frame(*m_builder, m_query, kind); }

    Population m_population;
    std::unique_ptr<ProcessFrameBuilder> m_builder;
    ProcessQuery m_query;
};

QTEST_GUILESS_MAIN(TestProcessFrame)
#include "tst_process_frame.moc"
