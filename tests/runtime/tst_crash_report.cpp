// SPDX-License-Identifier: BSL-1.0
/// What a fault leaves behind that ends the program.
#include <QtTest>

#include <QFile>
#include <QProcess>
#include <QRegularExpression>

class TestCrashReport : public QObject {
    Q_OBJECT

private slots:
    void a_report_is_written_data();
    void a_report_is_written();
    void a_report_that_cannot_be_saved_is_printed();

private:
    /// Runs the program that crashes; what it prints on standard error.
    static QString crash(const QString& way, const QString& folder);
};

QString TestCrashReport::crash(const QString& way, const QString& folder) {
    QProcess program;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("TMPDIR", folder);
    environment.insert("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0");
    program.setProcessEnvironment(environment);
    program.start(FIBERSCOPE_CRASHER, {way});
    if (!program.waitForFinished())
        qFatal("%s does not end", FIBERSCOPE_CRASHER);
    if (program.exitStatus() != QProcess::CrashExit)
        qWarning("%s ended with status %d", qPrintable(way), program.exitCode());
    return program.exitStatus() == QProcess::CrashExit ? QString::fromUtf8(program.readAllStandardError()) : QString{};
}

void TestCrashReport::a_report_is_written_data() {
    QTest::addColumn<QString>("process");
    QTest::addColumn<QString>("function");
    QTest::addRow("untrapped") << R"(process: <0\.\d+\.0> keeper, in its own code)"
                               << "shop_keeper";
    QTest::addRow("library") << R"(process: <0\.\d+\.0> printer, in its own code or a library)"
                             << "printer";
    QTest::addRow("pool") << "process: none"
                          << "";
    QTest::addRow("thread") << "process: none"
                            << "";
    QTest::addRow("raised") << "process: none"
                            << "";
}

void TestCrashReport::a_report_is_written() {
    QFETCH(QString, process);
    QFETCH(QString, function);
    const QTemporaryDir folder;
    const QString text = crash(QTest::currentDataTag(), folder.path());
    QVERIFY2(text.contains("*** Crash: SIGSEGV (Segmentation fault), address 0x"), qPrintable(text));
    QVERIFY2(text.contains(QRegularExpression{process}), qPrintable(text));
    QVERIFY2(text.contains(function), qPrintable(text));
    QVERIFY2(text.contains("last events of shop@localhost"), qPrintable(text));
    QVERIFY2(text.contains("the shop is about to close"), qPrintable(text));
    const auto path = QRegularExpression{"This report: (.*)\n"}.match(text).captured(1);
    QVERIFY2(path.startsWith(folder.path()), qPrintable(text));
    QFile file{path};
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString saved = QString::fromUtf8(file.readAll());
    QVERIFY2(text.contains(saved), qPrintable(saved));
    QVERIFY(saved.contains("the shop is about to close"));
    QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions{}); // it tells of the program's data
}

void TestCrashReport::a_report_that_cannot_be_saved_is_printed() {
    const QString text = crash("untrapped", "/proc");
    QVERIFY2(text.contains("This report could not be saved in /proc/"), qPrintable(text));
    QVERIFY2(text.contains("shop_keeper"), qPrintable(text));
}

QTEST_GUILESS_MAIN(TestCrashReport)
#include "tst_crash_report.moc"
