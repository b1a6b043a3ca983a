// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk.hpp"
#include "workloads/faults.hpp"

#include <QTextBrowser>

using namespace fiberscope;
using namespace fiberscope::app;
using namespace fiberscope::app::test;

namespace {

void provoke(Desk& desk, const QString& fault) {
    QTRY_VERIFY(desk.find<QToolButton>("provokeFault").isEnabled());
    QVERIFY(desk.chooseFromButton("provokeFault", "provoke_" + fault));
}

/// The first row of the log whose text begins so; -1 if there is none.
int logRow(Desk& desk, const QString& start) {
    const auto* const model = desk.find<QTableView>("logTable").model();
    for (int row = 0; row < model->rowCount(); ++row)
        if (model->index(row, model->columnCount() - 1).data().toString().startsWith(start))
            return row;
    return -1;
}

QString detailsOf(Desk& desk, int row) {
    auto& table = desk.find<QTableView>("logTable");
    const QModelIndex index = table.model()->index(row, table.model()->columnCount() - 1);
    table.scrollTo(index);
    QTest::mouseClick(table.viewport(), Qt::LeftButton, {}, table.visualRect(index).center());
    return desk.find<QTextBrowser>("logDetails").toPlainText();
}

} // namespace

/// End to end, by what a person does: start the workload `faults`, choose a fault, read what came of it.
class TestProvokeFault : public QObject {
    Q_OBJECT

private slots:
    void theMenuHasAnEntryForEachFault() {
        Desk desk;
        auto* const menu = desk.window.findChild<QMenu*>("provokeMenu");
        QVERIFY(menu != nullptr);
        QCOMPARE(static_cast<std::size_t>(menu->actions().size()), faults::all().size());
        for (const faults::Fault& fault : faults::all()) {
            const auto* const action = menu->findChild<QAction*>("provoke_" + QString::fromStdString(std::string{fault.name}));
            QVERIFY2(action != nullptr, fault.name.data());
            QCOMPARE(action->text().toStdString(), std::string{fault.title});
            QCOMPARE(action->toolTip().toStdString(), std::string{fault.description});
        }
    }

    void itIsEnabledWhileTheWorkloadRuns() {
        Desk desk;
        auto& button = desk.find<QToolButton>("provokeFault");
        QVERIFY(!button.isEnabled());
        desk.startByToolbar("crashloop", "");
        QTRY_VERIFY(desk.canStop("crashloop"));
        QVERIFY(!button.isEnabled());
        desk.startByToolbar("faults", "");
        QTRY_VERIFY(button.isEnabled());
        QTRY_VERIFY(desk.canStop("faults"));
        QVERIFY(desk.stop("faults"));
        QTRY_VERIFY(!button.isEnabled());
        QVERIFY(!desk.node.whereis("faults_sup"));
    }

    /// What a thrown exception did at all times: here it is the toolbar that provokes it.
    void anEntryMakesItsProcessEndAndComeBack() {
        Desk desk;
        desk.startByToolbar("faults", "");
        QTRY_VERIFY(desk.node.whereis("faults_throw"));
        const QString before = desk.pidOf("faults_throw");
        provoke(desk, "throw");
        QTRY_VERIFY(desk.node.whereis("faults_throw") && desk.pidOf("faults_throw") != before);
        QTRY_VERIFY(logRow(desk, "faults_throw " + before + " exited: {error,\"till 13 is jammed\"}") >= 0);
        QTRY_VERIFY(logRow(desk, "faults_sup restarted faults_throw: " + before + " → " + desk.pidOf("faults_throw")) >= 0);
        const QString restarted = "ended with {error,\"till 13 is jammed\"}; faults_sup restarted it as ";
        QTRY_VERIFY2(desk.notice().contains(restarted.toHtmlEscaped()), qPrintable(desk.notice()));
        for (const QString& part : {QString{"faults_throw"}, before, desk.pidOf("faults_throw")})
            QVERIFY2(desk.notice().contains(part.toHtmlEscaped()), qPrintable(desk.notice()));
    }

    void theLogTellsReasonAndStack_data() {
        QTest::addColumn<QString>("fault");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QStringList>("functions");
        const auto row = [](const char* fault, const char* reason, const QStringList& functions) {
            QTest::newRow(fault) << fault << reason << functions;
        };
        row("overflow", "stack_overflow", {"price_of", "sell_bundle"});
        row("overflow_in_libc", "stack_overflow", {"print_lines_of", "print_receipt"});
        row("throw", "{error,\"till 13 is jammed\"}", {"open_till", "take_payment"});
        row("terminate", "{terminate,{error,\"7 pence are missing\"}}", {"count_cash", "close_shop"});
        row("null", "{fault,'SIGSEGV',0x0}", {"price_in_catalogue", "look_up_price"});
        row("divide", "{fault,'SIGFPE',0x", {"share_of", "split_bill"});
        row("illegal", "{fault,'SIGILL',0x", {"apply_discount", "sell_at_discount"});
        row("queue", "killed (message queue over ", {"take_orders", "shopkeeper"});
        row("heap", "killed (heap over 1000000 bytes", {"put_on_shelf", "stock_up"});
    }
    void theLogTellsReasonAndStack() {
        QFETCH(QString, fault);
        QFETCH(QString, reason);
        QFETCH(QStringList, functions);
        Desk desk;
        desk.window.setCurrentTab("Log");
        desk.startByToolbar("faults", "");
        const std::string name = "faults_" + fault.toStdString();
        QTRY_VERIFY(desk.node.whereis(name));
        const Pid before = desk.node.whereis(name);
        provoke(desk, fault);
        const QString exit = QString::fromStdString(name + ' ' + to_string(before)) + " exited: " + reason;
        QTRY_VERIFY(logRow(desk, exit) >= 0);
        QTRY_VERIFY(desk.node.whereis(name) && desk.node.whereis(name) != before);
        const QString details = detailsOf(desk, logRow(desk, exit));
        for (const QString& function : functions)
            QVERIFY2(details.contains(function), qPrintable(details));
        QVERIFY2(details.contains("faults.cpp:"), qPrintable(details));
    }
};

QTEST_MAIN(TestProvokeFault)
#include "tst_provoke_fault.moc"
