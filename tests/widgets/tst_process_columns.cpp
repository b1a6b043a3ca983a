// SPDX-License-Identifier: GPL-3.0-or-later
#include "process_samples.hpp"

#include "model/process_columns.hpp"
#include "model/text_format.hpp"

#include <QSet>
#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;

/// The table of columns, and how values read.
class TestProcessColumns : public QObject {
    Q_OBJECT

private slots:
    void observersColumnsComeFirst() {
        const QStringList titles{"Pid", "Name or Initial Func", "Reds", "Memory", "MsgQ", "Current Function"};
        const QList<int> widths{120, 200, 100, 100, 50, 200};
        for (int column = 0; column < titles.size(); ++column) {
            const auto& info = processColumns()[static_cast<std::size_t>(column)];
            QCOMPARE(QString{info.title}, titles[column]);
            QCOMPARE(info.width, widths[column]);
            QVERIFY(info.shown);
        }
        for (std::size_t column = 6; column < processColumns().size(); ++column)
            QVERIFY(!processColumns()[column].shown);
    }

    void everyColumnIsWhole() {
        QSet<QString> ids;
        for (const auto& info : processColumns()) {
            ids.insert(info.id);
            QVERIFY(QString{info.description}.size() > 20);
            QVERIFY(info.text != nullptr);
            QVERIFY2((info.number == nullptr) != (info.sortText == nullptr), info.id);
        }
        QCOMPARE(ids.size(), processColumnCount);
    }

    void texts() {
        test::Population population;
        auto& row = population.start(90, "shop", "the shop");
        row.cpu_ns = 12'400'000;
        row.flags |= ProcessRow::trap_exit_flag;
        row.parent = Pid{1, 3, 0};
        population.pass(21'000);
        ProcessFrameBuilder builder;
        const auto frame = population.frame(builder, {});
        const auto text = [&](ProcessColumn column) { return processText(*frame, 0, column); };
        QCOMPARE(text(ProcessColumn::pid), "<0.90.0>");
        QCOMPARE(text(ProcessColumn::name), "shop");
        QCOMPARE(text(ProcessColumn::label), "the shop");
        QCOMPARE(text(ProcessColumn::status), "waiting");
        QCOMPARE(text(ProcessColumn::cpuTime), "12.4 ms");
        QCOMPARE(text(ProcessColumn::trapExit), "true");
        QCOMPARE(text(ProcessColumn::parent), "<0.3.0>");
        QCOMPARE(text(ProcessColumn::age), "21 Secs");
        QCOMPARE(text(ProcessColumn::priority), "normal");
    }

    void aParentIsNamed() {
        test::Population population;
        population.start(3, "shop_sup");
        population.start(90).parent = population.pid(3);
        ProcessFrameBuilder builder;
        const auto frame = population.frame(builder, {});
        const auto index = *frame->sample->find(population.pid(90));
        QCOMPARE(processText(*frame, index, ProcessColumn::parent), "shop_sup <0.3.0>");
    }

    void agesAreTrueAfterMonths() {
        constexpr int days = 24 * 3600 * 1000;
        test::Population population;
        population.pass(20 * days);
        population.pass(20 * days);
        population.pass(20 * days); // more milliseconds than 32 bits have
        ProcessFrameBuilder builder;
        population.frame(builder, {});
        population.pass(2'000); // what starts at once is nobody's news
        population.start(90);
        population.pass(21'000);
        const auto frame = population.frame(builder, {});
        QCOMPARE(processText(*frame, 0, ProcessColumn::age), "21 Secs");
        QCOMPARE(frame->sample->rates[0].mark, RowMark::started);
    }

    void preemptionIsShownOfThoseThatWerePreempted() {
        test::Population population;
        population.start(3);
        population.start(90).flags |= ProcessRow::preempted_flag;
        population[3].status = Status::runnable;
        population[3].flags |= ProcessRow::starving_flag;
        ProcessFrameBuilder builder;
        auto sample = builder.newSample();
        population.snapshot(sample->snapshot);
        sample->snapshot.preemptions = {{population.pid(90), 12, 3, 4'500'000}};
        builder.add(std::move(sample), {});
        const auto frame = builder.frame({ProcessColumn::preemptions, Qt::DescendingOrder, {}, false, false});
        const auto text = [&](std::size_t row, ProcessColumn column) { return processText(*frame, frame->index(row), column); };
        QCOMPARE(text(0, ProcessColumn::pid), "<0.90.1>");
        QCOMPARE(text(0, ProcessColumn::preemptions), "12");
        QCOMPARE(text(0, ProcessColumn::refusals), "3");
        QCOMPARE(text(0, ProcessColumn::longestRun), "4.5 ms");
        QCOMPARE(text(1, ProcessColumn::preemptions), "0");
        QCOMPARE(text(1, ProcessColumn::longestRun), "");
        QCOMPARE(text(1, ProcessColumn::status), "starving");
    }

    void units_data() {
        QTest::addColumn<QString>("shown");
        QTest::addColumn<QString>("expected");
        QTest::newRow("bytes") << bytesText(88) << "88 B";
        QTest::newRow("kibibytes from ten on") << bytesText(106 * 1024) << "106 KiB";
        QTest::newRow("below ten of the next unit") << bytesText(9 * 1024) << "9,216 B";
        QTest::newRow("mebibytes") << bytesText(12ULL << 20U) << "12 MiB";
        QTest::newRow("milliseconds") << durationText(250) << "250 ms";
        QTest::newRow("seconds") << durationText(21'000) << "21 Secs";
        QTest::newRow("minutes") << durationText(300'000) << "5 Mins";
        QTest::newRow("hours") << durationText(3 * 3'600'000) << "3 Hours";
        QTest::newRow("days") << durationText(2ULL * 86'400'000) << "2 Days";
        QTest::newRow("microseconds") << microsecondsText(38) << "38 µs";
        QTest::newRow("cpu seconds") << cpuTimeText(3'210'000'000) << "3.21 s";
    }
    void units() {
        QFETCH(QString, shown);
        QFETCH(QString, expected);
        QCOMPARE(shown, expected);
    }
};

QTEST_GUILESS_MAIN(TestProcessColumns)
#include "tst_process_columns.moc"
