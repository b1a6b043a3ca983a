// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal_notifier.hpp"

#include <QCoreApplication>
#include <QProcess>
#include <QSignalSpy>
#include <QTest>

#include <unistd.h>

#include <csignal>
#include <cstdio>

using namespace fiberscope::app;

namespace {

/// What the test starts: a program whose GUI thread has no time for signals.
int beBlocked(int argc, char** argv) {
    const QCoreApplication application{argc, argv};
    const SignalNotifier notifier;
    std::puts("ready");
    std::fflush(stdout);
    for (;;)
        ::pause();
}

} // namespace

class TestSignalNotifier : public QObject {
    Q_OBJECT

private slots:
    void theFirstSignalIsTold() {
        SignalNotifier notifier;
        QSignalSpy told{&notifier, &SignalNotifier::terminationRequested};
        std::raise(SIGTERM);
        QTRY_COMPARE(told.size(), 1);
    }

    /// As timeout(1) does: once to the program, once to its group.
    void twoAtOnceLeaveTimeToEnd() {
        SignalNotifier notifier;
        QSignalSpy told{&notifier, &SignalNotifier::terminationRequested};
        std::raise(SIGTERM);
        std::raise(SIGTERM);
        QTRY_COMPARE(told.size(), 1);
    }

    void theSecondEndsABlockedProgram_data() {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGTERM") << SIGTERM;
        QTest::newRow("SIGINT") << SIGINT;
    }
    void theSecondEndsABlockedProgram() {
        QFETCH(int, signal);
        QProcess program;
        program.start(QCoreApplication::applicationFilePath(), {"blocked"});
        QVERIFY(program.waitForReadyRead(30'000));
        const auto pid = static_cast<pid_t>(program.processId());
        // two that are pending at the same time are one: again until the second arrives
        for (int tries = 0; tries < 100 && program.state() == QProcess::Running; ++tries) {
            ::kill(pid, signal);
            program.waitForFinished(100);
        }
        QCOMPARE(program.state(), QProcess::NotRunning);
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 128 + signal);
        QVERIFY(program.readAllStandardError().startsWith("fiberscope: ended at once by a second signal (SIG"));
    }
};

int main(int argc, char** argv) {
    if (argc == 2 && qstrcmp(argv[1], "blocked") == 0)
        return beBlocked(argc, argv);
    QCoreApplication application{argc, argv};
    TestSignalNotifier test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_signal_notifier.moc"
