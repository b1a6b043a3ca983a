// SPDX-License-Identifier: GPL-3.0-or-later
#include "closing.hpp"
#include "desk.hpp"

#include <QProgressDialog>
#include <QTableView>

#include <atomic>

using namespace fiberscope;
using namespace fiberscope::app;
using namespace fiberscope::app::test;
using namespace std::chrono_literals;

/// The window is closed: the node stops first.
class TestClosing : public QObject {
    Q_OBJECT

private slots:
    void whatIsWaitedForIsSaid() {
        std::atomic<bool> isPatient{true};
        Desk desk;
        Closing closing{desk.node, desk.window};
        const auto slow = [&isPatient](Process& self) {
            self.trap_exit(true);
            self.receive<Exit>();
            while (isPatient)
                self.sleep(1ms);
        };
        const auto supervisor = [&] { return Supervisor::one_for_one().child("slow", slow, {.shutdown = Shutdown::infinity}); };
        QVERIFY(desk.node.start(Application{"first", supervisor()}).has_value());
        QVERIFY(desk.node.start(Application{"second", supervisor()}).has_value());
        desk.window.close();
        auto& progress = desk.find<QProgressDialog>("closingProgress");
        QTRY_VERIFY(progress.isVisible());
        QVERIFY2(progress.labelText().endsWith("Waiting for the applications first, second"), qPrintable(progress.labelText()));
        const int title = progress.fontMetrics().horizontalAdvance(progress.windowTitle() + " — Fiberscope");
        QVERIFY(progress.width() > title + 160); // and the buttons of a frame
        isPatient = false;
        QTRY_VERIFY(desk.node.is_stopped());
    }

    /// All of them, by the menu of the table; what is suspended does not hold it up.
    void allMayBeSuspended() {
        std::atomic<bool> isStopped{false};
        Desk desk;
        Closing closing{desk.node, desk.window};
        desk.startByToolbar("kv", "");
        QTRY_VERIFY(desk.rowOf("kv_shard_2").isValid());
        QVERIFY(
            desk.node.start(Application{"last", Supervisor::one_for_one()}.on_stop([&isStopped](Process&) { isStopped = true; }))
                .has_value());
        QTRY_VERIFY(desk.rowOf("application master last").isValid());
        auto& table = desk.find<QTableView>("processTable");
        table.selectAll();
        QVERIFY(desk.chooseFromMenu(table.model()->index(0, 0), "Suspend"));
        QVERIFY(desk.node.wait_until_quiet(10s));
        desk.window.close();
        QTRY_VERIFY(desk.node.is_stopped());
        QVERIFY(isStopped); // in order
    }
};

QTEST_MAIN(TestClosing)
#include "tst_closing.moc"
