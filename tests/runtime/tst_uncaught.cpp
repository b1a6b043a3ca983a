// SPDX-License-Identifier: BSL-1.0
/// What a program says that ends with an exception of ours which nobody caught.
#include <QtTest>

#include <QDir>
#include <QProcess>
#include <QTemporaryDir>

namespace {

struct Ended {
    QProcess::ExitStatus status;
    QByteArray text; ///< on standard error
};

/// How the program ends that crashes in this way; its reports go to `folder`.
Ended end_of(const QString& way, const QTemporaryDir& folder) {
    QProcess program;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("TMPDIR", folder.path());
    environment.insert("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0");
    program.setProcessEnvironment(environment);
    program.start(FIBERSCOPE_UNCAUGHT, {way});
    if (!program.waitForFinished())
        qFatal("%s does not end", FIBERSCOPE_UNCAUGHT);
    return {program.exitStatus(), program.readAllStandardError()};
}

} // namespace

class TestUncaught : public QObject {
    Q_OBJECT

private slots:
    void it_says_what_data() {
        QTest::addColumn<QString>("words");
        QTest::addRow("error") << "no_shop";
        QTest::addRow("exit") << R"(uncaught ProcessExit: {shutdown,"closing time"})";
        QTest::addRow("result") << "{not_loaded,shop}";
    }
    void it_says_what() {
        QFETCH(QString, words);
        const QTemporaryDir folder;
        const Ended program = end_of(QTest::currentDataTag(), folder);
        QCOMPARE(program.status, QProcess::CrashExit);
        const QString text = QString::fromUtf8(program.text);
        QVERIFY2(text.contains("terminate called"), qPrintable(text));
        QVERIFY2(text.contains(words), qPrintable(text));
    }
    void crash_reports_can_be_switched_off_data() {
        QTest::addColumn<bool>("reports");
        QTest::addColumn<bool>("saves");
        QTest::addRow("fault") << true << true;
        QTest::addRow("fault without a file") << true << false;
        QTest::addRow("fault without handlers") << false << false;
    }
    void crash_reports_can_be_switched_off() {
        QFETCH(bool, reports);
        QFETCH(bool, saves);
        const QTemporaryDir folder;
        const Ended program = end_of(QTest::currentDataTag(), folder);
        QCOMPARE(program.status, QProcess::CrashExit);
        const QByteArray& text = program.text;
        QCOMPARE(text.contains("*** Crash: SIGSEGV"), reports);
        QCOMPARE(text.contains("This report"), saves);
        QCOMPARE(!QDir{folder.path()}.isEmpty(), saves);
    }
};

QTEST_APPLESS_MAIN(TestUncaught)
#include "tst_uncaught.moc"
