// SPDX-License-Identifier: GPL-3.0-or-later
#include "process_samples.hpp"

#include "model/process_columns.hpp"
#include "model/process_model.hpp"
#include "view/number_delegate.hpp"
#include "view/process_table_view.hpp"
#include "view/text_table.hpp"

#include <QHeaderView>
#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;
using fiberscope::widgets::test::Population;

namespace {

/// The process table on the screen, with as many rows as processes.
struct Shown {
    Population population;
    ProcessFrameBuilder builder;
    ProcessModel model;
    ProcessTableView table;
    ProcessQuery query{ProcessColumn::pid, Qt::AscendingOrder, {}, true, false};

    Shown() {
        table.setModel(&model);
        for (int column = 0; column < processColumnCount; ++column)
            table.setColumnWidth(column, processColumn(static_cast<ProcessColumn>(column)).width);
        table.resize(900, 400);
        table.show();
    }
    void refresh() { model.setFrame(population.frame(builder, query)); }
    /// A process whose numbers are as long as they get.
    void startBigOne(std::uint32_t slot) {
        auto& row = population.start(slot, "big");
        row.reductions = row.cpu_ns = row.memory_bytes = 987'654'321'987'654'321ULL;
        row.message_queue_length = row.links = row.monitors = 2'469'000'000U;
        row.messages_in = row.messages_out = row.context_switches = 2'469'000'000U;
        row.parent = Pid{1, 4'194'303, 4'000'000'000U};
    }
    bool isCut(int row, int column) const {
        QStyleOptionViewItem option;
        option.initFrom(&table);
        option.font = table.font();
        const auto wanted = table.itemDelegate()->sizeHint(option, model.index(row, column)).width();
        return wanted > table.columnWidth(column);
    }
    /// Titles of the columns of numbers that cut what they show in a row.
    QStringList cutIn(int row) const {
        QStringList titles;
        for (int column = 0; column < processColumnCount; ++column)
            if (processColumn(static_cast<ProcessColumn>(column)).sortText == nullptr && !table.isColumnHidden(column) &&
                isCut(row, column))
                titles += model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        return titles;
    }
    /// Titles that do not fit above their columns, the arrow of sorting among what has to.
    QStringList cutTitles() const {
        const auto* header = table.horizontalHeader();
        QStringList titles;
        for (int column = 0; column < processColumnCount; ++column)
            if (!header->isSectionHidden(column) && header->sectionSize(column) < header->sectionSizeHint(column))
                titles += model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        return titles;
    }
};

} // namespace

/// The view of the process table: no number is cut, ever.
class TestProcessTable : public QObject {
    Q_OBJECT

private slots:
    void columnsGrowWithTheirNumbers() {
        Shown shown;
        shown.population.start(1);
        shown.refresh();
        const int before = shown.table.columnWidth(static_cast<int>(ProcessColumn::messageQueueLength));
        shown.startBigOne(1);
        shown.refresh();
        QCOMPARE(shown.cutIn(0), QStringList{});
        shown.population.start(1);
        shown.refresh();
        QVERIFY(shown.table.columnWidth(static_cast<int>(ProcessColumn::messageQueueLength)) > before); // no to and fro
    }

    void theyGrowWithWhatIsScrolledTo() {
        Shown shown;
        for (std::uint32_t slot = 1; slot < 500; ++slot)
            shown.population.start(slot);
        shown.startBigOne(500);
        shown.refresh();
        shown.table.scrollToBottom();
        QCOMPARE(shown.cutIn(499), QStringList{});
    }

    void theUserCannotMakeThemTooNarrow() {
        Shown shown;
        shown.startBigOne(1);
        shown.refresh();
        auto* header = shown.table.horizontalHeader();
        const int column = static_cast<int>(ProcessColumn::messageQueueLength);
        const QPoint edge{header->sectionViewportPosition(column) + header->sectionSize(column) - 1, header->height() / 2};
        QTest::mousePress(header->viewport(), Qt::LeftButton, {}, edge);
        QTest::mouseMove(header->viewport(), edge - QPoint{30, 0});
        QTest::mouseMove(header->viewport(), edge - QPoint{header->sectionSize(column) - 10, 0});
        QTest::mouseRelease(header->viewport(), Qt::LeftButton, {}, edge - QPoint{header->sectionSize(column) - 10, 0});
        QCOMPARE(shown.cutIn(0), QStringList{});
        const int name = static_cast<int>(ProcessColumn::name); // texts may be cut
        header->resizeSection(name, 40);
        QCOMPARE(header->sectionSize(name), 40);
    }

    /// It takes what the others leave, which may be nothing.
    void theLastColumnIsWideEnough() {
        Shown shown;
        shown.startBigOne(1);
        shown.refresh();
        auto* header = shown.table.horizontalHeader();
        for (int column = static_cast<int>(ProcessColumn::currentFunction); column < processColumnCount; ++column)
            header->hideSection(column);
        header->resizeSection(static_cast<int>(ProcessColumn::name), 1000);
        QTRY_COMPARE(shown.cutIn(0), QStringList{});
        header->resizeSection(static_cast<int>(ProcessColumn::name), 50);
        QTRY_COMPARE(header->length(), header->viewport()->width()); // and fills it again
        header->showSection(static_cast<int>(ProcessColumn::links));
        QTRY_COMPARE(header->length(), header->viewport()->width());
        QCOMPARE(shown.cutIn(0), QStringList{});
        header->resizeSection(static_cast<int>(ProcessColumn::name), 1000);
        QTRY_COMPARE(shown.cutIn(0), QStringList{});
    }

    void titlesAreNotCutByTheArrowOfSorting() {
        Shown shown;
        shown.population.start(1);
        shown.refresh();
        for (int column = 6; column < processColumnCount; ++column)
            shown.table.hideColumn(column);
        QTRY_COMPARE(shown.cutTitles(), QStringList{});
        shown.table.sortByColumn(static_cast<int>(ProcessColumn::messageQueueLength), Qt::DescendingOrder);
        QTRY_COMPARE(shown.cutTitles(), QStringList{});
    }

    /// Once the window is full, a column that is ticked is the last one for which nothing is left.
    void columnsBeyondTheWindowAreAsWideAsUsual() {
        Shown shown;
        shown.population.start(1);
        shown.refresh();
        auto* header = shown.table.horizontalHeader();
        for (int column = 6; column < processColumnCount; ++column)
            header->hideSection(column);
        QTRY_COMPARE(header->length(), header->viewport()->width());
        for (int column = 6; column < processColumnCount; ++column) {
            header->showSection(column);
            QTRY_VERIFY(header->sectionSize(column) >= processColumn(static_cast<ProcessColumn>(column)).width);
        }
        QCOMPARE(shown.cutTitles(), QStringList{});
        for (int column = 0; column < processColumnCount; ++column)
            QVERIFY(header->sectionSize(column) >= processColumn(static_cast<ProcessColumn>(column)).width);
    }

    /// The text of the next column begins at once.
    void numbersAndTheirTitlesKeepClearOfTheNextColumn() {
        Shown shown;
        shown.startBigOne(1);
        shown.refresh();
        const auto* header = shown.table.horizontalHeader();
        const int column = static_cast<int>(ProcessColumn::messageQueueLength);
        const int edge = header->sectionViewportPosition(column) + header->sectionSize(column);
        const auto isEmpty = [&](QWidget* seen, const QRect& part) {
            const QImage picture = seen->grab(part).toImage();
            for (int y = 0; y < picture.height(); ++y)
                for (int x = 1; x < picture.width(); ++x)
                    if (picture.pixel(x, y) != picture.pixel(0, y))
                        return false;
            return true;
        };
        const QRect cell{edge - numberPadding - 1, 2, numberPadding, shown.table.rowHeight(0) - 4};
        QVERIFY(isEmpty(shown.table.viewport(), cell));
        QVERIFY(!isEmpty(shown.table.viewport(), cell.translated(-2 * numberPadding, 0))); // a number is there
        QVERIFY(isEmpty(header->viewport(), cell.adjusted(0, 2, -3, 2)));
        QVERIFY(!isEmpty(header->viewport(), cell.translated(-2 * numberPadding, 2)));
    }

    void homeAndEndLeadToRows() {
        Shown shown;
        for (std::uint32_t slot = 1; slot <= 500; ++slot)
            shown.population.start(slot);
        shown.refresh();
        QTest::keyClick(&shown.table, Qt::Key_End);
        QCOMPARE(shown.table.currentIndex().row(), 499);
        QTest::keyClick(&shown.table, Qt::Key_Home);
        QCOMPARE(shown.table.currentIndex().row(), 0);
        QCOMPARE(shown.table.selectionModel()->selectedRows().size(), 1);
    }

    void numbersOfSmallTablesAreNotCutEither() {
        TextTable table{{"Id", "From", "Message"}, {30, 30}};
        table.keepWhole({0, 1});
        table.resize(500, 200);
        table.show();
        table.setRows(QList<QStringList>{{"2469000", "<0.4194303.4000000000>", "hello"}}, {});
        const auto* rows = table.findChild<QTableView*>();
        const QFontMetrics metrics{rows->font()};
        QVERIFY(rows->columnWidth(0) > metrics.horizontalAdvance("2469000"));
        QVERIFY(rows->columnWidth(1) > metrics.horizontalAdvance("<0.4194303.4000000000>"));
    }
};

QTEST_MAIN(TestProcessTable)
#include "tst_process_table.moc"
