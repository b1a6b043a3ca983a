// SPDX-License-Identifier: BSL-1.0
/// A program with a Node ends when it is told to, with the code that it is told, wherever that is said.
#include <QtTest>

#include <QElapsedTimer>
#include <QProcess>

class TestProgramEnd : public QObject {
    Q_OBJECT

private slots:
    void it_ends_at_once_data();
    void it_ends_at_once();
    void nothing_leaks();
};

void TestProgramEnd::it_ends_at_once_data() {
    QTest::addColumn<QString>("way");
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("mode");
    for (const char* way : {"exit", "exit_blocking", "exit_killed", "fork", "fork_inside", "fork_comes_back", "fork_stops",
                            "stop_inside", "stop_blocking", "destroy_inside"})
        for (const char* where : {"local", "static", "global"})
            for (const char* mode : {"cooperative", "signal"})
                QTest::addRow("%s, %s, %s", way, where, mode) << way << where << mode;
}

void TestProgramEnd::it_ends_at_once() {
    QFETCH(QString, way);
    QFETCH(QString, where);
    QFETCH(QString, mode);
    QProcess program;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("ASAN_OPTIONS", "detect_leaks=0"); // processes are left with what they have
    program.setProcessEnvironment(environment);
    QElapsedTimer time;
    time.start();
    program.start(FIBERSCOPE_ENDER, {way, where, mode});
    QVERIFY(program.waitForFinished(20'000));
    QVERIFY2(program.exitStatus() == QProcess::NormalExit, program.readAllStandardError().constData());
    QCOMPARE(program.exitCode(), 3);
    QVERIFY2(time.elapsed() < 9'000, "it waited for a deadline");
    QVERIFY(program.readAllStandardOutput().contains("goodbye"));
}

/// Where LeakSanitizer looks.
void TestProgramEnd::nothing_leaks() {
    for (const char* where : {"local", "static", "global"}) {
        QProcess program;
        program.start(FIBERSCOPE_ENDER, {"return", where, "cooperative"});
        QVERIFY(program.waitForFinished(20'000));
        QVERIFY2(program.exitStatus() == QProcess::NormalExit && program.exitCode() == 0,
                 program.readAllStandardError().constData());
    }
}

QTEST_GUILESS_MAIN(TestProgramEnd)
#include "tst_program_end.moc"
