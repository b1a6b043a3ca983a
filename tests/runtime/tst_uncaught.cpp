// SPDX-License-Identifier: BSL-1.0
/// What a program says that ends with an exception of ours which nobody caught.
#include <QtTest>

#include <QProcess>

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
        QProcess program;
        program.start(FIBERSCOPE_UNCAUGHT, {QTest::currentDataTag()});
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitStatus(), QProcess::CrashExit);
        const QString text = QString::fromUtf8(program.readAllStandardError());
        QVERIFY2(text.contains("terminate called"), qPrintable(text));
        QVERIFY2(text.contains(words), qPrintable(text));
    }
};

QTEST_APPLESS_MAIN(TestUncaught)
#include "tst_uncaught.moc"
