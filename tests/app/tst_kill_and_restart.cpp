// SPDX-License-Identifier: GPL-3.0-or-later
#include "workload_toolbar.hpp"

#include <fiberscope/node.hpp>
#include <fiberscope/widgets/observer_window.hpp>

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include <memory>

using namespace fiberscope;
using namespace fiberscope::app;
using namespace std::chrono_literals;

namespace {

/// What each test gets: a node of its own, the window of the program, its toolbar.
struct Desk {
    Node node{[] {
        NodeConfig config;
        config.schedulers = 2;
        return config;
    }()};
    widgets::ObserverWindow window{node, widgets::ObserverWindow::Remember::no};
    WorkloadToolbar* toolbar = new WorkloadToolbar{node, &window};

    Desk() {
        window.addToolBar(toolbar);
        window.setCurrentTab("Processes");
        window.show();
    }

    template <class Widget>
    Widget& find(const char* name) {
        auto* const found = window.findChild<Widget*>(name);
        if (found == nullptr)
            qFatal("no %s", name);
        return *found;
    }
    void startByToolbar(const QString& workload, const QString& argument) {
        find<QComboBox>("workloadChooser").setCurrentText(workload);
        auto& field = find<QLineEdit>("workloadArgument");
        field.clear();
        QTest::keyClicks(&field, argument);
        QTest::mouseClick(&find<QToolButton>("workloadStart"), Qt::LeftButton);
    }
    /// The row that shows this text in one of its columns; an invalid index if none does.
    QModelIndex rowOf(const QString& text) {
        const auto* const model = find<QTableView>("processTable").model();
        for (int row = 0; row < model->rowCount(); ++row)
            for (int column = 0; column < model->columnCount(); ++column)
                if (model->index(row, column).data().toString() == text)
                    return model->index(row, 0);
        return {};
    }
    QString pidOf(const char* name) { return QString::fromStdString(to_string(node.whereis(name))); }

    /// Right-clicks the row and triggers the menu's entry of this text. False if there is no such entry.
    bool chooseFromMenu(const QModelIndex& row, const QString& entry) {
        auto& table = find<QTableView>("processTable");
        table.scrollTo(row);
        const QPoint at = table.visualRect(row).center();
        QTest::mouseClick(table.viewport(), Qt::RightButton, {}, at);
        QContextMenuEvent event{QContextMenuEvent::Mouse, at, table.viewport()->mapToGlobal(at)};
        QCoreApplication::sendEvent(table.viewport(), &event);
        if (!QTest::qWaitFor([this] { return window.findChild<QMenu*>("processMenu") != nullptr; }))
            return false;
        auto* const menu = window.findChild<QMenu*>("processMenu");
        for (QAction* const action : menu->actions())
            if (action->text() == entry) {
                action->trigger();
                menu->close();
                return true;
            }
        return false;
    }
    /// Says yes to the question whether to kill, if it is asked.
    void confirmKill() {
        if (auto* const box = window.findChild<QMessageBox*>("killQuestion"))
            for (QAbstractButton* const button : box->buttons())
                if (button->objectName() == "killConfirmed")
                    button->click();
    }
    QString notice() { return find<QLabel>("killNoticeText").text(); }
};

} // namespace

/// End to end, by what a person does: start a workload from the toolbar, kill a process, read what came of it.
class TestKillAndRestart : public QObject {
    Q_OBJECT

private slots:
    void aKilledShardComesBackAndTheWindowSaysSo() {
        Desk desk;
        desk.startByToolbar("kv", "3");
        QTRY_VERIFY(desk.rowOf("kv_shard_2").isValid());
        const QString killed = desk.pidOf("kv_shard_2");
        QVERIFY(desk.rowOf(killed).isValid());

        QVERIFY(desk.chooseFromMenu(desk.rowOf(killed), "Kill process " + killed));
        desk.confirmKill();
        QTRY_VERIFY(desk.node.whereis("kv_shard_2") && desk.pidOf("kv_shard_2") != killed);
        const QString restarted = desk.pidOf("kv_shard_2");
        QTRY_VERIFY(desk.rowOf(restarted).isValid());
        QTRY_VERIFY2(desk.notice().contains("kv_sup restarted it as"), qPrintable(desk.notice()));
        for (const QString& part : {QString{"kv_shard_2"}, killed, restarted})
            QVERIFY2(desk.notice().contains(part.toHtmlEscaped()), qPrintable(desk.notice()));
    }

    void theToolbarShowsWhatRunsAndStopsIt() {
        Desk desk;
        auto& stop = desk.find<QToolButton>("workloadStop_chat");
        QVERIFY(stop.isHidden());
        desk.startByToolbar("chat", "2x3");
        QTRY_VERIFY(desk.node.whereis("chat_room_2"));
        QTRY_VERIFY(stop.isVisible() && stop.isEnabled());
        QVERIFY(!desk.find<QToolButton>("workloadStart").isEnabled());
        QTest::mouseClick(&stop, Qt::LeftButton);
        QTRY_VERIFY(!desk.node.whereis("chat_room_2"));
        QTRY_VERIFY(stop.isHidden());
        QVERIFY(desk.find<QToolButton>("workloadStart").isEnabled());
    }

    void aWrongArgumentIsExplainedInPlace() {
        Desk desk;
        const QSignalSpy failures{desk.toolbar, &WorkloadToolbar::failed};
        desk.startByToolbar("kv", "many");
        QCOMPARE(desk.find<QLabel>("workloadMessage").text(), "workload kv: 'many' is not a number of shards from 1 to 1024");
        QCOMPARE(failures.size(), 1);
        desk.startByToolbar("kv", "2");
        QVERIFY(desk.find<QLabel>("workloadMessage").text().isEmpty());
        QTRY_VERIFY(desk.node.whereis("kv_shard_2"));
    }

    void aWorkloadThatEndsByItselfLeavesTheToolbar() {
        Desk desk;
        desk.startByToolbar("crashloop", "");
        auto& stop = desk.find<QToolButton>("workloadStop_crashloop");
        QTRY_VERIFY(stop.isVisible() && stop.isEnabled());
        QTRY_VERIFY(stop.isHidden());
    }
};

QTEST_MAIN(TestKillAndRestart)
#include "tst_kill_and_restart.moc"
