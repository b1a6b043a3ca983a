// SPDX-License-Identifier: BSL-1.0
/// What happens when the system has no more threads or no more address space: who asked for it fails, nothing is left behind,
/// the others go on.
#include "sanitizers.hpp"

#include <QtTest>

#include <QProcess>

class TestShortage : public QObject {
    Q_OBJECT

private slots:
    void who_asks_fails_and_others_go_on_data();
    void who_asks_fails_and_others_go_on();
};

void TestShortage::who_asks_fails_and_others_go_on_data() {
    QTest::addColumn<QString>("facts");
    QTest::addRow("calls_without_threads") << "without: {error\n"
                                              "without: {error\n"
                                              "without: {error\n"
                                              "quiet true, busy 0, waiting 0\n"
                                              "with: 7\n"
                                              "quiet true, busy 0, waiting 0\n"
                                              "left 0\n";
    QTest::addRow("calls_wait_for_the_threads_there_are") << "first: normal\n"
                                                             "other: 7\n"
                                                             "other: 7\n"
                                                             "other: 7\n"
                                                             "quiet true, busy 0, waiting 0\n";
    QTest::addRow("inspection_without_threads") << "answers 1, alive true\n"
                                                   "inspected: normal\n";
    QTest::addRow("nodes_with_few_threads") << "refused some true, others work true\n"
                                               "afterwards: true\n"
                                               "left 0\n";
    QTest::addRow("node_stops_once_there_is_a_thread") << "started true\n"
                                                          "stopped false\n"
                                                          "stopped true\n";
#if !defined(FIBERSCOPE_ADDRESS_SANITIZER) && !defined(FIBERSCOPE_THREAD_SANITIZER)
    QTest::addRow("processes_without_stacks") << "ended: system_limit\n"
                                                 "others have memory: true\n"
                                                 "server answers true\n"
                                                 "another: system_limit\n"
                                                 "a server: system_limit\n"
                                                 "when some have ended: normal\n"
                                                 "left 0\n";
    QTest::addRow("nodes_without_address_space") << "refused some true\n"
                                                    "afterwards: true\n";
#endif
}

void TestShortage::who_asks_fails_and_others_go_on() {
    QFETCH(QString, facts);
    constexpr int cannot_be_tried = 77;
    QProcess program;
    program.start(FIBERSCOPE_SHORTAGE, {QTest::currentDataTag()});
    QVERIFY(program.waitForFinished());
    const QString errors = QString::fromUtf8(program.readAllStandardError());
    QVERIFY2(program.exitStatus() == QProcess::NormalExit, qPrintable(errors));
    if (program.exitCode() == cannot_be_tried)
        QSKIP("the system does not limit this user");
    QCOMPARE(program.exitCode(), 0);
    QCOMPARE(QString::fromUtf8(program.readAllStandardOutput()), facts);
}

QTEST_GUILESS_MAIN(TestShortage)
#include "tst_shortage.moc"
