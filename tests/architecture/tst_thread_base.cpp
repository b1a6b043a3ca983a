// SPDX-License-Identifier: BSL-1.0
/// A process may go on on another thread after any call that waits, so no function of the runtime may keep where this thread's
/// variables lie over one: the compiler must go by the thread's own register (%fs) each time. Looks at the compiled code.
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#ifndef FIBERSCOPE_OBJDUMP // where there is none, or the code is not what it looks for
#define FIBERSCOPE_OBJDUMP ""
#define FIBERSCOPE_RUNTIME_LIBRARY ""
#endif

class TestThreadBase : public QObject {
    Q_OBJECT

private slots:
    void noFunctionKeepsIt();
};

void TestThreadBase::noFunctionKeepsIt() {
    if (QByteArrayView{FIBERSCOPE_OBJDUMP}.isEmpty())
        QSKIP("the optimised code of x86-64 without sanitizers is looked at, by objdump");
    QProcess objdump;
    objdump.start(FIBERSCOPE_OBJDUMP, {"-d", "--no-show-raw-insn", "-C", FIBERSCOPE_RUNTIME_LIBRARY});
    QVERIFY(objdump.waitForFinished(120'000));
    QCOMPARE(objdump.exitCode(), 0);
    const QList<QByteArray> lines = objdump.readAllStandardOutput().split('\n');
    QVERIFY(lines.size() > 10'000);

    // Those do not wait: they end the process, throw, note a stack, or are called by a thread that begins. A part for exceptions
    // (.cold) finds the place where it uses it.
    static const QRegularExpression harmless{
        "on_terminate\\(\\)|note_throw\\(|refuse_caller\\(\\)|code_of_this_thread\\(\\)|\\[clone \\.cold\\]"};
    static const QRegularExpression head{"^[0-9a-f]+ <(.*)>:$"};
    QString function;
    QStringList found;
    for (const QByteArray& line : lines)
        if (const auto match = head.match(QString::fromLatin1(line)); match.hasMatch())
            function = match.captured(1);
        else if (line.contains("%fs:0x0,") && !harmless.match(function).hasMatch())
            found << function;
    found.removeDuplicates();
    QVERIFY2(found.isEmpty(), qPrintable("these take the thread's base into a register:\n" + found.join('\n')));
}

QTEST_APPLESS_MAIN(TestThreadBase)
#include "tst_thread_base.moc"
