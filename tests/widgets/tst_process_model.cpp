// SPDX-License-Identifier: GPL-3.0-or-later
#include "process_samples.hpp"

#include "model/process_columns.hpp"
#include "model/process_model.hpp"

#include <QAbstractItemModelTester>
#include <QItemSelectionModel>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include <set>

using namespace fiberscope;
using namespace fiberscope::widgets;
using fiberscope::widgets::test::churn;
using fiberscope::widgets::test::Population;

/// The table's model: what a new frame costs in signals, and that a selection stays with its processes.
class TestProcessModel : public QObject {
    Q_OBJECT

private slots:
    void isAModelThroughGrowingAndShrinking() {
        ProcessModel model;
        const QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
        Population population;
        ProcessFrameBuilder builder;
        for (const std::uint32_t count : {0U, 3U, 40U, 39U, 1U, 0U, 200U}) {
            for (std::uint32_t slot = 1; slot <= 200; ++slot)
                if (slot > count)
                    population.end(slot);
                else if (!population.has(slot))
                    population.start(slot);
            model.setFrame(population.frame(builder, {}));
            model.setFrame(population.frame(builder, {}));
            QCOMPARE(model.rowCount(), static_cast<int>(count));
        }
    }

    void aRefreshCostsAtMostThreeSignals() {
        ProcessModel model;
        QSignalSpy inserted{&model, &QAbstractItemModel::rowsInserted};
        QSignalSpy removed{&model, &QAbstractItemModel::rowsRemoved};
        QSignalSpy layout{&model, &QAbstractItemModel::layoutChanged};
        QSignalSpy changed{&model, &QAbstractItemModel::dataChanged};
        QSignalSpy reset{&model, &QAbstractItemModel::modelReset};
        Population population;
        ProcessFrameBuilder builder;
        std::mt19937 random{1};
        for (std::uint32_t slot = 1; slot <= 5000; ++slot)
            population.start(slot);
        constexpr int refreshes = 20;
        for (int refresh = 0; refresh < refreshes; ++refresh) {
            churn(population, random, 5000);
            model.setFrame(population.frame(builder, {}));
        }
        QCOMPARE(layout.size(), refreshes);
        QVERIFY(inserted.size() + removed.size() <= refreshes);
        QCOMPARE(changed.size() + reset.size(), 0);
    }

    void selectionStaysWithItsProcessesOver1000Refreshes() {
        constexpr std::uint32_t slotCount = 300;
        ProcessModel model;
        const QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
        QItemSelectionModel selection{&model};
        Population population;
        ProcessFrameBuilder builder;
        std::mt19937 random{7};
        for (std::uint32_t slot = 1; slot <= slotCount; ++slot)
            population.start(slot);
        ProcessQuery query;
        model.setFrame(population.frame(builder, query));
        std::set<Pid> expected;
        for (int refresh = 0; refresh < 1000; ++refresh) {
            if (refresh % 10 == 0)
                toggleSome(model, selection, expected, random);
            churn(population, random, slotCount);
            query.sortColumn = static_cast<ProcessColumn>(random() % processColumnCount);
            query.order = random() % 2 == 0 ? Qt::AscendingOrder : Qt::DescendingOrder;
            const auto frame = population.frame(builder, query);
            model.setFrame(frame);
            std::erase_if(expected, [&](Pid pid) { return !frame->rowOf(pid); });
            QCOMPARE(selected(model, selection), expected);
        }
    }

    void selectionOfEverythingIsOneRange() {
        ProcessModel model;
        QItemSelectionModel selection{&model};
        Population population;
        ProcessFrameBuilder builder;
        for (std::uint32_t slot = 1; slot <= 1000; ++slot)
            population.start(slot).reductions = slot * 7919 % 1000;
        model.setFrame(population.frame(builder, {}));
        selection.select({model.index(0, 0), model.index(999, processColumnCount - 1)}, QItemSelectionModel::Select);
        model.setFrame(population.frame(builder, {}));
        QCOMPARE(selected(model, selection).size(), 1000U);
    }

    void rolesAndHeader() {
        ProcessModel model;
        Population population;
        ProcessFrameBuilder builder;
        population.start(90, "shop").memory_bytes = 4096;
        model.setFrame(population.frame(builder, {}));
        const auto memory = model.index(0, static_cast<int>(ProcessColumn::memory));
        QCOMPARE(memory.data().toString(), "4096");
        QCOMPARE(memory.data(ProcessModel::RawRole).toULongLong(), 4096U);
        QCOMPARE(memory.data(ProcessModel::PidRole).toULongLong(), population.pid(90).bits());
        QCOMPARE(model.headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(), "Name or Initial Func");
        QVERIFY(model.headerData(2, Qt::Horizontal, Qt::ToolTipRole).toString().contains("Reductions"));
        QCOMPARE(model.rowOf(population.pid(90)), 0);
        QCOMPARE(model.pidAt(1), Pid{});
    }

    void sortingIsAskedForNotDone() {
        ProcessModel model;
        QSignalSpy asked{&model, &ProcessModel::sortRequested};
        model.sort(3, Qt::AscendingOrder);
        QCOMPARE(asked.size(), 1);
        QCOMPARE(asked[0][0].value<ProcessColumn>(), ProcessColumn::memory);
    }

    void markedRowsHaveColour() {
        ProcessModel model;
        model.setMarkColours({Qt::green, Qt::red});
        Population population;
        ProcessFrameBuilder builder;
        population.start(1).reductions = 9;
        population.start(2).reductions = 5;
        model.setFrame(population.frame(builder, {}));
        population.pass(1000);
        population.end(1);
        population.start(3);
        model.setFrame(population.frame(builder, {}));
        const auto colourOf = [&](Pid pid) { return model.index(model.rowOf(pid), 0).data(Qt::BackgroundRole).value<QBrush>(); };
        QCOMPARE(colourOf(population.pid(3)).color(), QColor{Qt::green});
        QCOMPARE(colourOf(population.pid(2)).style(), Qt::NoBrush);
        QCOMPARE(colourOf(model.frame()->sample->row(2).pid).color(), QColor{Qt::red});
    }

    void suspendedRowsHaveASign() {
        ProcessModel model;
        QPixmap sign{16, 16};
        sign.fill(Qt::black);
        model.setSuspendedSign(sign);
        Population population;
        ProcessFrameBuilder builder;
        population.start(1);
        population.start(2).status = Status::suspended;
        population.start(3).status = Status::suspended;
        model.setFrame(population.frame(builder, {}));
        population.end(3);
        model.setFrame(population.frame(builder, {}));
        const auto cell = [&](std::uint32_t slot, ProcessColumn column, int role) {
            return model.index(static_cast<int>(*model.frame()->rowOfSlot(slot)), static_cast<int>(column)).data(role);
        };
        QVERIFY(cell(2, ProcessColumn::pid, Qt::DecorationRole).isValid()); // the column that cannot be hidden
        QVERIFY(!cell(2, ProcessColumn::name, Qt::DecorationRole).isValid());
        QVERIFY(!cell(1, ProcessColumn::pid, Qt::DecorationRole).isValid());
        QVERIFY(cell(2, ProcessColumn::name, Qt::ToolTipRole).toString().contains("suspended"));
        QCOMPARE(cell(2, ProcessColumn::pid, Qt::AccessibleTextRole).toString(), "<0.2.1>, suspended");
        QCOMPARE(cell(1, ProcessColumn::pid, Qt::AccessibleTextRole).toString(), "<0.1.0>");
        QCOMPARE(cell(2, ProcessColumn::pid, Qt::DisplayRole).toString(), "<0.2.1>");
        QCOMPARE(model.frame()->sample->suspendedCount, 1U); // one that has ended is not
    }

private:
    static std::set<Pid> selected(const ProcessModel& model, const QItemSelectionModel& selection) {
        std::set<Pid> pids;
        for (const auto& range : selection.selection())
            for (int row = range.top(); row <= range.bottom(); ++row)
                pids.insert(model.pidAt(row));
        return pids;
    }
    static void toggleSome(const ProcessModel& model, QItemSelectionModel& selection, std::set<Pid>& expected,
                           std::mt19937& random) {
        for (int i = 0; i < 5; ++i) {
            const int row = static_cast<int>(random() % static_cast<unsigned>(model.rowCount()));
            const auto pid = model.pidAt(row);
            selection.select(model.index(row, 0), QItemSelectionModel::Toggle | QItemSelectionModel::Rows);
            if (!expected.erase(pid))
                expected.insert(pid);
        }
    }
};

QTEST_MAIN(TestProcessModel)
#include "tst_process_model.moc"
