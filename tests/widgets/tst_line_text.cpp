// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/pid_link.hpp"
#include "model/text_format.hpp"

#include <QTest>
#include <QTextBlock>
#include <QTextDocument>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

const QString beginIsolate = QStringLiteral("\u200E\u2068");
const QString endIsolate{QChar{0x2069}};
const QString hebrew = QString::fromUtf8("שלום");

} // namespace

/// Texts that user code makes, beside those of the window.
class TestLineText : public QObject {
    Q_OBJECT

private slots:
    void lines_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        QTest::newRow("plain") << "kv_shard_2"
                               << "kv_shard_2";
        QTest::newRow("accents") << QString::fromUtf8("Käse") << QString::fromUtf8("Käse");
        QTest::newRow("two lines") << "two\nlines"
                                   << "two\\nlines";
        QTest::newRow("control characters") << QStringLiteral("a\tb\r\x1b[31m\x7f") << QStringLiteral("a\\tb\\x0d\\x1b[31m\\x7f");
        QTest::newRow("line separator") << QStringLiteral("a\u2028b") << "a\\x2028b";
        QTest::newRow("from the right") << hebrew << beginIsolate + hebrew + endIsolate;
        QTest::newRow("Arabic digits") << QStringLiteral("\u0663") << beginIsolate + QStringLiteral("\u0663") + endIsolate;
        QTest::newRow("from the right, of two parts")
            << QStringLiteral("\U0001E900") << beginIsolate + QStringLiteral("\U0001E900") + endIsolate;
        QTest::newRow("in a term") << QStringLiteral("{'%1_1',{1,\"a\\\"%1\"}}").arg(hebrew)
                                   << QStringLiteral("{'%2%1_1%3',{1,\"%2a\\\"%1%3\"}}").arg(hebrew, beginIsolate, endIsolate);
        QTest::newRow("in a quote that does not end") << "'a" + hebrew << "'" + beginIsolate + "a" + hebrew + endIsolate;
        QTest::newRow("beside quotes") << "'a'" + hebrew << beginIsolate + "'a'" + hebrew + endIsolate;
        QTest::newRow("what would end the isolation") << hebrew + endIsolate << beginIsolate + hebrew + "\\x2069" + endIsolate;
        QTest::newRow("what would turn the rest") << QStringLiteral("a\u202Eb") << "a\\x202eb";
    }
    void lines() {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QCOMPARE(lineText(text), expected);
        QCOMPARE(wholeLineText(text), expected);
        QCOMPARE(withoutIsolates(lineText(text)), QString{expected}.remove(beginIsolate).remove(endIsolate));
    }

    void onlyWhatMayBeCutIsCut() {
        const QString pairs = QStringLiteral("\U0001F600").repeated(300);
        QCOMPARE(wholeLineText(pairs), pairs);
        QCOMPARE(lineText('a' + pairs).size(), 400); // no half of a character, and the sign that there is more
        QVERIFY(lineText('a' + pairs).endsWith(QChar{0x2026}));
        QVERIFY(!lineText('a' + pairs).chopped(1).back().isHighSurrogate());
    }

    void aNameStaysOnItsSideOfThePid() {
        QCOMPARE(namedPidText(hebrew, Pid{0, 9, 0}), beginIsolate + hebrew + endIsolate + " <0.9.0>");
        QCOMPARE(namedPidText("a\nb", Pid{0, 9, 0}), "a\\nb <0.9.0>");
        QVERIFY(pidLink(Pid{0, 9, 0}, hebrew).startsWith(beginIsolate + hebrew + endIsolate + " <a "));
        QVERIFY(pidLink(Pid{0, 9, 0}, "<b>a\nb</b>").startsWith("&lt;b&gt;a\\nb&lt;/b&gt; <a "));
    }

    void aSentenceGoesFromTheLeftThoughANameFromTheRightBeginsIt() {
        QTextDocument document;
        for (const QString& text : {pidLink(Pid{0, 9, 0}, hebrew), lineText(hebrew), wholeLineText('\'' + hebrew + '\'')}) {
            document.setHtml(text);
            QCOMPARE(document.firstBlock().textDirection(), Qt::LeftToRight);
        }
    }

    void aToolTipIsNeverTakenForRichText() {
        QCOMPARE(toolTipText("Tom & Jerry, 1 < 2"), "Tom & Jerry, 1 < 2");
        const QString shown = toolTipText("<b>bold</b> & <i>more</i>");
        QVERIFY(Qt::mightBeRichText(shown));
        QTextDocument document;
        document.setHtml(shown);
        QCOMPARE(document.toPlainText(), "<b>bold</b> & <i>more</i>");
    }

    void signsOfMenusAndTitlesMeanThemselves() {
        QCOMPARE(menuText("Tom & Jerry"), "Tom && Jerry");
        QCOMPARE(titleText("log[*] of x"), "log[*][*] of x");
    }

    void addressesOfFaultsAreHexadecimal_data() {
        QTest::addColumn<QString>("printed");
        QTest::addColumn<QString>("expected");
        QTest::newRow("null") << "{fault,'SIGSEGV',0}"
                              << "{fault,'SIGSEGV',0x0}";
        QTest::newRow("code") << "{fault,'SIGFPE',94143178827776}"
                              << "{fault,'SIGFPE',0x559f6abb6800}";
        QTest::newRow("two of them, inside of others") << "[{fault,'SIGILL',255},{noproc,{fault,'SIGBUS',16}}]"
                                                       << "[{fault,'SIGILL',0xff},{noproc,{fault,'SIGBUS',0x10}}]";
        QTest::newRow("no address") << "{fault,tolerant,255}"
                                    << "{fault,tolerant,255}";
        QTest::newRow("an end") << "{fault,'SIGSEGV'"
                                << "{fault,'SIGSEGV'";
        QTest::newRow("another term") << "{default,'SIGSEGV',255}"
                                      << "{default,'SIGSEGV',255}";
    }
    void addressesOfFaultsAreHexadecimal() {
        QFETCH(QString, printed);
        QFETCH(QString, expected);
        QCOMPARE(printedText(printed.toStdString()), expected);
        if (const auto term = Term::parse(printed.toStdString()))
            QCOMPARE(termText(*term), expected);
    }

    void oneIsSingular() {
        QCOMPARE(countText(1, "event was", "events were"), "1 event was");
        QCOMPARE(countText(0, "event was", "events were"), "0 events were");
        QCOMPARE(countText(2000, "event was", "events were"), "2,000 events were");
        QCOMPARE(processesText(1), "1 process");
        QCOMPARE(processesText(200'000), "200,000 processes");
        QCOMPARE(durationText(1'999), "1 Sec");
        QCOMPARE(durationText(2'000), "2 Secs");
        QCOMPARE(durationText(0), "0 ms");
    }
};

QTEST_GUILESS_MAIN(TestLineText)
#include "tst_line_text.moc"
