// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk.hpp"

#include <QSignalSpy>
#include <QTabBar>
#include <QTabWidget>

using namespace fiberscope;
using namespace fiberscope::app;
using namespace fiberscope::app::test;

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

        QVERIFY(desk.chooseFromMenu(desk.rowOf(killed), "Kill process kv_shard_2 " + killed));
        desk.confirmKill();
        QTRY_VERIFY(desk.node.whereis("kv_shard_2") && desk.pidOf("kv_shard_2") != killed);
        const QString restarted = desk.pidOf("kv_shard_2");
        QTRY_VERIFY(desk.rowOf(restarted).isValid());
        QTRY_VERIFY2(desk.notice().contains("kv_sup restarted it as"), qPrintable(desk.notice()));
        for (const QString& part : {QString{"kv_shard_2"}, killed, restarted})
            QVERIFY2(desk.notice().contains(part.toHtmlEscaped()), qPrintable(desk.notice()));
    }

    /// Else it would show the node's first moment for ever.
    void whatWasStartedIsShownWithoutRefreshes() {
        Desk desk;
        desk.window.setRefreshInterval(std::chrono::milliseconds{0});
        QTRY_VERIFY(desk.window.isReady());
        desk.startByToolbar("kv", "3");
        QTRY_VERIFY(desk.rowOf("kv_shard_3").isValid());
    }

    /// However long each takes.
    void workloadsStartInTheirOrder() {
        Desk desk;
        desk.toolbar->start({"idle:20000", "kv:1", "faults", "chat:1x2"});
        QTRY_COMPARE(desk.node.applications().size(), std::size_t{4});
        QStringList names;
        for (const auto& application : desk.node.applications())
            names += QString::fromStdString(std::string{application.name.name()});
        QCOMPARE(names, QStringList({"idle", "kv", "faults", "chat"}));
    }

    void theToolbarShowsWhatRunsAndStopsIt() {
        Desk desk;
        const auto& running = desk.find<QToolButton>("workloadsRunning");
        QCOMPARE(running.text(), "Running (0)");
        QVERIFY(!running.isEnabled());
        desk.startByToolbar("chat", "2x3");
        QTRY_VERIFY(desk.node.whereis("chat_room_2"));
        QTRY_VERIFY(desk.canStop("chat"));
        QCOMPARE(running.text(), "Running (1)");
        QVERIFY(!desk.find<QToolButton>("workloadStart").isEnabled());
        QVERIFY(desk.stop("chat"));
        QTRY_VERIFY(!desk.node.whereis("chat_room_2"));
        QTRY_VERIFY(!running.isEnabled());
        QVERIFY(desk.find<QToolButton>("workloadStart").isEnabled());
    }

    /// In the smallest window (1280x720 pixels at twice the size) all tabs can be clicked on, and no click meant for one stops
    /// anything.
    void manyWorkloadsAreOneRow() {
        Desk desk;
        desk.window.setSize({632, 324});
        const int height = desk.toolbar->height();
        for (const char* const name : {"kv", "chat", "flood", "ring", "deadlock", "faults"}) {
            desk.startByToolbar(name, "");
            QTRY_VERIFY(desk.canStop(name));
        }
        QCOMPARE(desk.find<QToolButton>("workloadsRunning").text(), "Running (6)");
        QCOMPARE(desk.toolbar->height(), height);
        QVERIFY(!desk.find<QToolButton>("qt_toolbar_ext_button").isVisible());
        QVERIFY(desk.toolbar->rect().contains(desk.find<QToolButton>("workloadsRunning").geometry()));
        auto* const tabs = desk.find<QTabWidget>("tabs").tabBar();
        for (int tab = 0; tab < tabs->count(); ++tab) {
            const QPoint at = tabs->mapTo(&desk.window, tabs->tabRect(tab).center());
            auto* const under = desk.window.childAt(at);
            QTest::mouseClick(under, Qt::LeftButton, {}, under->mapFrom(&desk.window, at));
            QCOMPARE(tabs->currentIndex(), tab);
        }
        QCOMPARE(desk.find<QToolButton>("workloadsRunning").text(), "Running (6)");
        QVERIFY(desk.chooseFromButton("workloadsRunning", "workloadStopAll"));
        QTRY_COMPARE(desk.find<QToolButton>("workloadsRunning").text(), "Running (0)");
        QVERIFY(!desk.node.whereis("chat_room_1") && !desk.node.whereis("kv_sup"));
    }

    /// Once, whole, at the field; never over what it is not about.
    void aWrongArgumentIsExplainedInPlace_data() {
        QTest::addColumn<QString>("workload");
        QTest::addColumn<QString>("argument");
        QTest::addColumn<QString>("explanation");
        QTest::newRow("number") << "kv"
                                << "many"
                                << "workload kv: 'many' is not a number of shards from 1 to 1024";
        const QString folder{120, 'x'};
        QTest::newRow("long") << "wordcount" << folder << "workload wordcount: '" + folder + "' is not a folder";
    }
    void aWrongArgumentIsExplainedInPlace() {
        QFETCH(QString, workload);
        QFETCH(QString, argument);
        QFETCH(QString, explanation);
        Desk desk;
        QVERIFY(QTest::qWaitForWindowActive(&desk.window));
        const QSignalSpy failures{desk.toolbar, &WorkloadToolbar::failed};
        desk.startByToolbar(workload, argument);
        const auto& message = desk.find<QLabel>("workloadMessage");
        QCOMPARE(message.text(), explanation);
        QVERIFY(desk.window.rect().contains(message.geometry()));
        const int height = message.heightForWidth(message.width());
        QVERIFY(message.wordWrap() ? message.height() >= height : message.width() >= message.sizeHint().width());
        QCOMPARE(failures.size(), 0);
        QVERIFY(desk.notice().isEmpty());
        auto& field = desk.find<QLineEdit>("workloadArgument");
        QVERIFY(field.hasFocus());
        QTest::keyClick(&field, Qt::Key_Backspace);
        QVERIFY(desk.window.findChild<QLabel*>("workloadMessage") == nullptr);
        desk.startByToolbar("kv", "2");
        QTRY_VERIFY(desk.node.whereis("kv_shard_2"));
    }

    void aSecondStartIsExplainedInPlace() {
        Desk desk;
        desk.startByToolbar("kv", "2");
        QTRY_VERIFY(desk.canStop("kv"));
        QTest::keyClick(&desk.find<QLineEdit>("workloadArgument"), Qt::Key_Return);
        QCOMPARE(desk.find<QLabel>("workloadMessage").text(), "kv runs already");
    }

    void aClickTakesTheExplanationAway() {
        Desk desk;
        desk.startByToolbar("kv", "many");
        QTest::mouseClick(&desk.find<QLabel>("workloadMessage"), Qt::LeftButton);
        QTRY_VERIFY(desk.window.findChild<QLabel*>("workloadMessage") == nullptr);
    }

    /// A supervisor that is suspended does not end its children, until it goes on.
    void aStopThatTakesLongIsTold() {
        Desk desk;
        desk.startByToolbar("kv", "");
        QTRY_VERIFY(desk.canStop("kv"));
        const Pid supervisor = desk.node.whereis("kv_sup");
        QVERIFY(desk.node.suspend(supervisor));
        QVERIFY(desk.stop("kv"));
        QTRY_VERIFY2(desk.notice().startsWith("kv is still stopping"), qPrintable(desk.notice()));
        QVERIFY(desk.node.resume(supervisor));
        QTRY_COMPARE(desk.find<QToolButton>("workloadsRunning").text(), "Running (0)");
    }

    /// What the node refuses is said at the bottom of the window, once.
    void aFailureOfTheNodeIsTold() {
        Desk desk;
        QVERIFY(desk.node.start(Application{"kv", Supervisor::one_for_one()}).has_value());
        desk.startByToolbar("kv", ""); // before the toolbar looks again
        QTRY_VERIFY(desk.notice().startsWith("kv: "));
        QVERIFY(desk.window.findChild<QLabel*>("workloadMessage") == nullptr);
    }

    void aGiveUpIsToldInThePlaceOfNotices() {
        Desk desk;
        desk.startByToolbar("crashloop", "");
        auto& mishap = desk.find<QLabel>("mishapNoticeText");
        QTRY_VERIFY2(mishap.isVisible() && mishap.text().contains("application crashloop ended"), qPrintable(mishap.text()));
        QVERIFY2(mishap.text().contains("gave up: child crashloop_child ended more often than it may restart it"),
                 qPrintable(mishap.text()));
        QTest::mouseClick(&desk.find<QToolButton>("closeNotice"), Qt::LeftButton);
        QVERIFY(mishap.isHidden());
    }

    void aWorkloadThatEndsByItselfLeavesTheToolbar() {
        Desk desk;
        desk.startByToolbar("crashloop", "");
        QTRY_VERIFY(desk.canStop("crashloop"));
        QTRY_VERIFY(!desk.find<QToolButton>("workloadsRunning").isEnabled());
    }

    /// What ends while the menu is open keeps its place there, so that nothing else comes under the mouse.
    void anOpenMenuKeepsItsEntries() {
        Desk desk;
        desk.startByToolbar("kv", "");
        desk.startByToolbar("chat", "");
        QTRY_VERIFY(desk.canStop("kv") && desk.canStop("chat"));
        auto& entry = desk.find<QAction>("workloadStop_kv");
        bool keptItsPlace = false;
        QTimer::singleShot(0, &desk.window, [&] {
            auto* const menu = desk.find<QToolButton>("workloadsRunning").menu();
            const QRect before = menu->actionGeometry(&desk.find<QAction>("workloadStop_chat"));
            keptItsPlace = desk.node.stop_application("kv").has_value() && QTest::qWaitFor([&] { return !entry.isEnabled(); }) &&
                           entry.isVisible() && menu->actionGeometry(&desk.find<QAction>("workloadStop_chat")) == before;
            menu->close();
        });
        QTest::mouseClick(&desk.find<QToolButton>("workloadsRunning"), Qt::LeftButton);
        QVERIFY(keptItsPlace);
        QTRY_VERIFY(!entry.isVisible());
    }
};

QTEST_MAIN(TestKillAndRestart)
#include "tst_kill_and_restart.moc"
