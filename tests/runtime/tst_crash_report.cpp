// SPDX-License-Identifier: BSL-1.0
/// What a fault leaves behind that ends the program.
#include <QtTest>

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>

#include <csignal>

class TestCrashReport : public QObject {
    Q_OBJECT

private slots:
    void a_report_is_written_data();
    void a_report_is_written();
    void an_abort_is_reported_data();
    void an_abort_is_reported();
    void a_handler_of_the_programs_is_respected();
    void a_report_that_cannot_be_saved_goes_elsewhere();
    void a_report_that_is_cut_is_no_report();
    void a_file_that_is_not_standard_error_is_not_written_to_data();
    void a_file_that_is_not_standard_error_is_not_written_to();
    void a_reader_that_is_gone_changes_nothing();
    void a_forked_child_crashes_at_once();

private:
    struct Ended {
        bool is_crash;
        int code;     ///< the signal, if it is one
        QString text; ///< on standard error
    };
    static Ended end_of(const QString& way, const QString& folder, const QStringList& arguments = {});
    /// Runs the program that crashes; what it prints on standard error.
    static QString crash(const QString& way, const QString& folder);
};

TestCrashReport::Ended TestCrashReport::end_of(const QString& way, const QString& folder, const QStringList& arguments) {
    QProcess program;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("TMPDIR", folder);
    environment.insert("ASAN_OPTIONS", "handle_segv=0:handle_abort=0:detect_leaks=0");
    program.setProcessEnvironment(environment);
    program.start(FIBERSCOPE_CRASHER, QStringList{way} + arguments);
    if (!program.waitForFinished())
        qFatal("%s does not end", FIBERSCOPE_CRASHER);
    return {program.exitStatus() == QProcess::CrashExit, program.exitCode(), QString::fromUtf8(program.readAllStandardError())};
}

QString TestCrashReport::crash(const QString& way, const QString& folder) {
    const Ended program = end_of(way, folder);
    if (!program.is_crash)
        qWarning("%s ended with status %d", qPrintable(way), program.code);
    return program.is_crash ? program.text : QString{};
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
    const bool is_raised = QTest::currentDataTag() == QLatin1String{"raised"};
    QVERIFY2(text.contains("*** Crash: SIGSEGV (Segmentation fault), "), qPrintable(text));
    QVERIFY2(text.contains(is_raised ? "raised by the program itself, at 0x" : "address 0x"), qPrintable(text));
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

void TestCrashReport::an_abort_is_reported_data() {
    QTest::addColumn<QString>("process");
    QTest::addRow("abort") << R"(process: <0\.\d+\.0> keeper, in its own code or a library)";
    QTest::addRow("abort_outside") << "process: none";
}

void TestCrashReport::an_abort_is_reported() {
    QFETCH(QString, process);
    const QTemporaryDir folder;
    const Ended program = end_of(QTest::currentDataTag(), folder.path());
    QCOMPARE(program.code, SIGABRT);
    QVERIFY2(program.text.contains("*** Crash: SIGABRT (Aborted), raised by the program itself, at 0x"),
             qPrintable(program.text));
    QVERIFY2(program.text.contains(QRegularExpression{process}), qPrintable(program.text));
    QVERIFY2(program.text.contains("the shop is about to close"), qPrintable(program.text));
    QCOMPARE(QDir{folder.path()}.entryList(QDir::Files).size(), 1);
}

void TestCrashReport::a_handler_of_the_programs_is_respected() {
    const QTemporaryDir folder;
    const Ended program = end_of("own_handler", folder.path());
    QVERIFY(!program.is_crash);
    QCOMPARE(program.code, 5);
    QVERIFY2(program.text.isEmpty(), qPrintable(program.text));
}

void TestCrashReport::a_report_that_cannot_be_saved_goes_elsewhere() {
    const QString text = crash("untrapped", "/proc");
    QVERIFY2(text.contains("This report could not be saved in /proc/"), qPrintable(text));
    QVERIFY2(text.contains("shop_keeper"), qPrintable(text));
    const QString path = QRegularExpression{"This report: (.*)\n"}.match(text).captured(1);
    QVERIFY2(!path.isEmpty(), qPrintable(text));
    QVERIFY(QFile::remove(path));
}

void TestCrashReport::a_report_that_is_cut_is_no_report() {
    const QTemporaryDir folder;
    const QString text = crash("small_files", folder.path());
    QVERIFY2(text.contains("This report could not be saved in " + folder.path()), qPrintable(text));
    QVERIFY2(!text.contains("This report: "), qPrintable(text));
    QVERIFY(QDir{folder.path()}.isEmpty());
}

void TestCrashReport::a_file_that_is_not_standard_error_is_not_written_to_data() {
    QTest::addColumn<QString>("way");
    QTest::addRow("it was closed") << "data_file";
    QTest::addRow("there was none") << "no_standard_error"; // so nothing logs there, either
}

void TestCrashReport::a_file_that_is_not_standard_error_is_not_written_to() {
    QFETCH(QString, way);
    const QTemporaryDir folder;
    const QTemporaryDir data;
    QFile file{data.filePath("mine")};
    const Ended program = end_of(way, folder.path(), {file.fileName()});
    QCOMPARE(program.code, SIGSEGV);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray{"my data\n"});
    QCOMPARE(QDir{folder.path()}.entryList(QDir::Files).size(), 1);
}

void TestCrashReport::a_reader_that_is_gone_changes_nothing() {
    const QTemporaryDir folder;
    QCOMPARE(end_of("no_reader", folder.path()).code, SIGSEGV);
    QCOMPARE(QDir{folder.path()}.entryList(QDir::Files).size(), 1);
}

void TestCrashReport::a_forked_child_crashes_at_once() {
    const QTemporaryDir folder;
    const Ended program = end_of("child", folder.path());
    QCOMPARE(program.code, SIGSEGV);
    QVERIFY2(program.text.contains("no report"), qPrintable(program.text));
}

QTEST_GUILESS_MAIN(TestCrashReport)
#include "tst_crash_report.moc"
