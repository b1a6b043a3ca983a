// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk.hpp"

#include <QSignalSpy>

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
