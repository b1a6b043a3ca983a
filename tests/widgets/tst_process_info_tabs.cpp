// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/stack_rows.hpp"
#include "view/process_info_tabs.hpp"

#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

FrameInfo frame(const char* function, const char* file, int line, FrameKind kind = FrameKind::program) {
    FrameInfo info;
    info.function = function;
    info.file = file;
    info.line = line;
    info.kind = kind;
    return info;
}

/// A process that waits for a message, called from a recursion, called by the runtime.
std::vector<FrameInfo> waitingStack() {
    std::vector<FrameInfo> stack{frame("Process::wait", "/src/runtime/src/process/process.cpp", 120, FrameKind::runtime),
                                 frame("detail::park", "/src/runtime/src/process/await.cpp", 20, FrameKind::runtime),
                                 frame("shop::find", "/src/shop/shelf.cpp", 41),
                                 frame("shop::price_of", "/src/shop/price.cpp", 12),
                                 frame("qsort", "", 0, FrameKind::library),
                                 frame("fiber_entry", "", 0, FrameKind::runtime)};
    stack[2].is_inlined = true;
    stack[3].times = 24;
    return stack;
}

QStringList functions(const QList<StackRow>& rows) {
    QStringList texts;
    for (const StackRow& row : rows)
        texts += row.function;
    return texts;
}

Inspection inspectionOf(std::vector<FrameInfo> stack) {
    Inspection inspection;
    inspection.alive = true;
    inspection.stack = std::move(stack);
    return inspection;
}

/// The tab on the screen.
struct Shown {
    StackTab tab;
    QTableView* table = tab.findChild<QTableView*>();
    QCheckBox* showRuntime = tab.findChild<QCheckBox*>("showRuntimeFrames");

    explicit Shown(const Inspection& inspection) {
        tab.resize(700, 400);
        tab.setVisible(true);
        tab.show(inspection);
    }
    QStringList functions() const {
        QStringList texts;
        for (int row = 0; row < table->model()->rowCount(); ++row)
            texts += table->model()->index(row, 0).data().toString();
        return texts;
    }
};

} // namespace

/// The tabs of the process information window on hand-made Inspections.
class TestProcessInfoTabs : public QObject {
    Q_OBJECT

private slots:
    void framesOfTheRuntimeAreFolded() {
        const auto rows = stackRows(waitingStack(), false);
        QCOMPARE(functions(rows), (QStringList{"runtime (2 frames)", "shop::find (inlined)", "shop::price_of  × 24", "qsort",
                                               "runtime (1 frame)"}));
        QCOMPARE(rows[0].folded, QString{"Process::wait\ndetail::park"});
        QVERIFY(rows[0].isRuntime && !rows[1].isRuntime && !rows[3].isRuntime);
        QCOMPARE(rows[1].place, QString{"shelf.cpp:41"});
        QCOMPARE(rows[1].path, QString{"/src/shop/shelf.cpp:41"});
        QVERIFY(rows[3].place.isEmpty());
        QCOMPARE(functions(stackRows(waitingStack(), true)), (QStringList{"Process::wait", "detail::park", "shop::find (inlined)",
                                                                          "shop::price_of  × 24", "qsort", "fiber_entry"}));
        QVERIFY(stackRows(std::vector<FrameInfo>{}, false).isEmpty());
    }

    void aStackIsReadFromItsText() {
        const auto rows = stackRows("shop::find(int) (shelf.cpp:41)\nqsort\nshop::price_of (price.cpp:12) x 24");
        QCOMPARE(functions(rows), (QStringList{"shop::find(int)", "qsort", "shop::price_of x 24"}));
        QCOMPARE(rows[0].place, QString{"shelf.cpp:41"});
        QVERIFY(rows[1].place.isEmpty());
        QCOMPARE(rows[2].place, QString{"price.cpp:12"});
    }

    void aClickUnfoldsThem() {
        Shown shown{inspectionOf(waitingStack())};
        QCOMPARE(shown.functions().size(), 5);
        const auto* const model = shown.table->model();
        QVERIFY(model->index(0, 0).data(Qt::ForegroundRole).isValid());
        QVERIFY(!model->index(1, 0).data(Qt::ForegroundRole).isValid());
        QCOMPARE(model->index(1, 1).data(Qt::ToolTipRole).toString(), QString{"/src/shop/shelf.cpp:41"});
        QTest::mouseClick(shown.showRuntime, Qt::LeftButton, {}, QPoint{10, shown.showRuntime->height() / 2});
        QCOMPARE(shown.functions().size(), 6);
        QCOMPARE(shown.functions().front(), QString{"Process::wait"});
        shown.tab.show(inspectionOf(waitingStack())); // the next refresh leaves it so
        QCOMPARE(shown.functions().size(), 6);
        QTest::mouseClick(shown.showRuntime, Qt::LeftButton, {}, QPoint{10, shown.showRuntime->height() / 2});
        QCOMPARE(shown.functions().front(), QString{"runtime (2 frames)"});
        QVERIFY(!model->index(1, 0).data(Qt::ForegroundRole).isValid());
    }

    void rowsAreCopied() {
        Shown shown{inspectionOf(waitingStack())};
        QVERIFY(QTest::qWaitForWindowActive(&shown.tab));
        const auto center = [&](int row) { return shown.table->visualRect(shown.table->model()->index(row, 0)).center(); };
        QTest::mouseClick(shown.table->viewport(), Qt::LeftButton, {}, center(1));
        QTest::mouseClick(shown.table->viewport(), Qt::LeftButton, Qt::ShiftModifier, center(3));
        QTest::keyClick(shown.table, Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(),
                 QString{"shop::find (inlined)\tshelf.cpp:41\nshop::price_of  × 24\tprice.cpp:12\nqsort\t"});
    }

    void nothingToUnfoldIsNotOffered() {
        Shown shown{inspectionOf({frame("shop::find", "/src/shop/shelf.cpp", 41)})};
        QVERIFY(!shown.showRuntime->isVisible());
        shown.tab.show(inspectionOf({}));
        QVERIFY(!shown.showRuntime->isVisible());
        QVERIFY(shown.functions().isEmpty());
    }

    /// What comes is a page, and the bar asks for another.
    void whatIsLongIsTurned() {
        DictionaryTab tab;
        tab.resize(600, 400);
        tab.setVisible(true);
        QSignalSpy wanted{&tab, &ProcessInfoTab::refreshWanted};
        const auto answer = [&tab](std::size_t total) {
            Inspection inspection;
            inspection.alive = true;
            inspection.dictionary_count = total;
            const auto range = tab.range();
            for (std::size_t key = range.first; key < std::min(total, range.first + range.count); ++key)
                inspection.dictionary.emplace_back(std::to_string(key), "value");
            tab.show(inspection);
        };
        const auto click = [&tab](const char* button) { QTest::mouseClick(tab.findChild<QToolButton*>(button), Qt::LeftButton); };
        const auto firstKey = [&tab] { return tab.findChild<QTableView*>()->model()->index(0, 0).data().toString(); };
        auto* bar = tab.findChild<PageBar*>("dictionaryPages");
        answer(100);
        QVERIFY(!bar->isVisible()); // all is seen
        answer(300'000);
        QVERIFY(bar->isVisible());
        const auto* position = tab.findChild<QLabel*>("dictionaryPagesPosition");
        QCOMPARE(position->text(), QString{"1 to 100 of 300,000, by key"});
        click("dictionaryPagesPrevious"); // disabled
        QCOMPARE(wanted.size(), 0);
        click("dictionaryPagesNext");
        QCOMPARE(wanted.size(), 1);
        answer(300'000);
        QCOMPARE(firstKey(), QString{"100"});
        click("dictionaryPagesLast");
        answer(299'950);
        QCOMPARE(position->text(), QString{"299,901 to 299,950 of 299,950, by key"});
        QVERIFY(!tab.findChild<QToolButton*>("dictionaryPagesNext")->isEnabled());
        wanted.clear();
        answer(150); // it has become shorter: the last page that is left is asked for
        QCOMPARE(wanted.size(), 1);
        answer(150);
        QCOMPARE(firstKey(), QString{"100"});
        click("dictionaryPagesFirst");
        answer(150);
        QCOMPARE(firstKey(), QString{"0"});
    }

    void aStateThatThrowsSaysSo() {
        StateTab tab;
        Inspection inspection;
        inspection.alive = true;
        inspection.state_error = "{error,\"no view\"}";
        tab.show(inspection);
        QCOMPARE(tab.findChild<QPlainTextEdit*>("stateText")->toPlainText(),
                 QString{"Its state() has thrown: {error,\"no view\"}"});
    }

    void afterItsEndItShowsWhereThatWas() {
        Shown shown{inspectionOf(waitingStack())};
        Event exit;
        exit.kind = EventKind::exit;
        shown.tab.showEnd(exit); // it has no stack to tell: what was last seen stays
        QCOMPARE(shown.functions().size(), 5);
        exit.stack_text = "shop::divide (till.cpp:7)\nshop::sell (till.cpp:30)";
        shown.tab.showEnd(exit);
        QCOMPARE(shown.functions(), (QStringList{"shop::divide", "shop::sell"}));
        QVERIFY(!shown.showRuntime->isVisible());
    }

    void limitsAreShownWhereThereAreAny() {
        OverviewTab tab{[](Pid) { return QString{}; }};
        tab.resize(700, 600);
        tab.setVisible(true);
        Inspection inspection = inspectionOf({});
        const auto* const heap = tab.findChild<QLabel*>("heap");
        const auto* const queue = tab.findChild<QLabel*>("messageQueueLimit");
        tab.show(inspection);
        QVERIFY(heap->isHidden() && queue->isHidden());
        inspection.heap_bytes = 20'000;
        tab.show(inspection);
        QVERIFY(heap->isVisible() && queue->isHidden());
        QCOMPARE(heap->text(), QString{"19 KiB"});
        inspection.heap_limit = {1'000'000, OverLimit::kill};
        inspection.message_queue_limit = {500, OverLimit::warn};
        tab.show(inspection);
        QCOMPARE(heap->text(), QString{"19 KiB of at most 976 KiB (killed over it)"});
        QCOMPARE(queue->text(), QString{"500 messages (a warning over it)"});
    }
};

QTEST_MAIN(TestProcessInfoTabs)
#include "tst_process_info_tabs.moc"
