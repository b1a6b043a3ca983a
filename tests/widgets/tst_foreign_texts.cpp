// SPDX-License-Identifier: GPL-3.0-or-later
#include <fiberscope/widgets/observer_window.hpp>

#include "model/process_model.hpp"
#include "view/chart_colors.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <QTextDocument>

#include <memory>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

namespace {

/// Rich text, a mnemonic, the sign of a changed document, two lines and a direction in one name.
const std::string hostile = "<b>evil</b> & [*]\nשלום";
/// As it is to be read; the marks that isolate it are not.
const QString readable = QString::fromUtf8("<b>evil</b> & [*]\\nשלום");

void waitForEver(Process& self) {
    for (;;)
        self.receive<int>();
}

Application shop() {
    return Application{Atom{hostile}, Supervisor::one_for_one({.intensity = 10, .period = 5s})
                                          .named("shop_sup")
                                          .child(Atom{hostile}, waitForEver, {}, {.name = Atom{hostile}})};
}

QString withoutMarks(QString text) {
    return text.remove(QChar{0x200E}).remove(QChar{0x2068}).remove(QChar{0x2069});
}

/// What a person reads of it.
QString readOf(const QString& text, Qt::TextFormat format) {
    if (format == Qt::PlainText || (format == Qt::AutoText && !Qt::mightBeRichText(text)))
        return withoutMarks(text);
    QTextDocument document;
    document.setHtml(text);
    return withoutMarks(document.toPlainText());
}

} // namespace

/// The window over a node whose names do all that names can do.
class TestForeignTexts : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_node = std::make_unique<Node>(NodeConfig{.name = hostile, .schedulers = 2});
        QVERIFY(m_node->start(shop()).has_value());
        m_pid = m_node->whereis(Atom{hostile});
        QVERIFY(m_pid);
        m_window = std::make_unique<ObserverWindow>(*m_node, ObserverWindow::Remember::no);
        m_window->setRefreshInterval(100ms);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTRY_VERIFY(m_window->isReady());
        QTRY_VERIFY(rowOf(m_pid) >= 0);
    }
    void cleanup() {
        m_window.reset();
        m_node.reset();
    }

    void theWindowNamesItsNode() {
        QCOMPARE(withoutMarks(m_window->windowTitle()), QString{readable}.replace("[*]", "[*][*]"));
        QCOMPARE(withoutMarks(m_window->findChild<QAction*>("node")->text()), QString{readable}.replace("&", "&&"));
        QTRY_COMPARE(shown("nodeName"), readable);
        m_window->setCurrentTab("System");
        QTRY_COMPARE(shown("Node"), readable);
    }

    void theTableAndItsToolTips() {
        const auto name = model()->index(rowOf(m_pid), 1);
        QCOMPARE(withoutMarks(name.data().toString()), readable);
        QVERIFY(Qt::mightBeRichText(name.data(Qt::ToolTipRole).toString()));
        QCOMPARE(readOf(name.data(Qt::ToolTipRole).toString(), Qt::AutoText), readable);
    }

    void theInformationWindow() {
        auto* window = showInformation();
        QTRY_COMPARE(withoutMarks(window->windowTitle()),
                     QString{readable}.replace("[*]", "[*][*]") + QStringLiteral(" (%1)").arg(pid()));
        QTRY_COMPARE(readOf(window->findChild<QLabel*>("registeredName")->text(), Qt::RichText), readable);
        m_node->suspend(m_pid);
        auto* banner = window->findChild<QLabel*>("suspendedBanner");
        QTRY_VERIFY(banner->isVisible());
        QVERIFY(readOf(banner->text(), banner->textFormat()).startsWith(readable + ' ' + pid()));
        m_node->resume(m_pid);
        m_node->exit(m_pid, ExitReason{Term::string("<i>\n")});
        QTRY_COMPARE(withoutMarks(window->windowTitle()),
                     QString{readable}.replace("[*]", "[*][*]") + QStringLiteral(" (%1), ended").arg(pid()));
        auto* dead = window->findChild<QLabel*>("deadText");
        QTRY_VERIFY2(
            readOf(dead->text(), dead->textFormat()).startsWith(readable + ' ' + pid() + " ended with reason \"<i>\\n\""),
            qPrintable(dead->text()));
    }

    void theNoticeOfAKill() {
        m_window->findChild<QTableView*>("processTable")->selectRow(rowOf(m_pid));
        QTest::keyClick(m_window->findChild<QTableView*>("processTable"), Qt::Key_Delete);
        QMessageBox* question = nullptr;
        QTRY_VERIFY((question = m_window->findChild<QMessageBox*>("killQuestion")) != nullptr);
        QVERIFY(readOf(question->text(), question->textFormat()).startsWith(QStringLiteral("Kill %1 %2?").arg(readable, pid())));
        QTest::mouseClick(question->findChild<QPushButton*>("killConfirmed"), Qt::LeftButton);
        QTRY_VERIFY2(
            shown("deedNoticeText").startsWith(QStringLiteral("%1 %2 killed; shop_sup restarted it as").arg(readable, pid())),
            qPrintable(shown("deedNoticeText")));
    }

    void theTree() {
        m_window->setCurrentTab("Applications");
        auto* list = m_window->findChild<QListWidget*>("applicationList");
        QTRY_COMPARE(list->count(), 1);
        QCOMPARE(withoutMarks(list->item(0)->text()), readable);
        auto* search = m_window->findChild<QLineEdit*>("applicationSearch");
        search->setText(pid());
        QTRY_COMPARE(shown("applicationFound"), "1 found");
        QTest::keyClick(search, Qt::Key_Return);
        QTRY_COMPARE(shown("pageStatus"), QStringLiteral("Pid: %1 %2").arg(readable, pid()));
    }

    void theLog() {
        m_node->exit(m_pid, ExitReason::kill());
        m_window->setCurrentTab("Log");
        auto* table = m_window->findChild<QTableView*>("logTable");
        const auto rowOfExit = [&] {
            for (int row = 0; row < table->model()->rowCount(); ++row)
                if (table->model()->index(row, 3).data().toString().contains("exited: killed"))
                    return row;
            return -1;
        };
        QTRY_VERIFY(rowOfExit() >= 0);
        const auto text = withoutMarks(table->model()->index(rowOfExit(), 3).data().toString());
        QVERIFY2(text.startsWith(QStringLiteral("%1 %2 exited: killed").arg(readable, pid())), qPrintable(text));
        table->selectRow(rowOfExit());
        QVERIFY(withoutMarks(m_window->findChild<QTextBrowser*>("logDetails")->toPlainText()).startsWith(text));
        table->customContextMenuRequested(table->visualRect(table->model()->index(rowOfExit(), 3)).center());
        auto* only = m_window->findChild<QMenu*>("logMenu")->findChild<QAction*>("onlyName");
        QCOMPARE(withoutMarks(only->text()), "Show only events of " + QString{readable}.replace("&", "&&"));
        only->trigger();
        QVERIFY(table->model()->rowCount() > 0);
        for (int row = 0; row < table->model()->rowCount(); ++row)
            QVERIFY(
                withoutMarks(table->model()->index(row, 2).data().toString() + table->model()->index(row, 3).data().toString())
                    .contains(readable));
    }

    /// However long a name is, the window stays as it is.
    void aLongWordWidensNoWindow() {
        const auto pid = m_node->spawn(waitForEver, {.name = Atom{std::string(250, 'W')}});
        auto* window = showInformation(pid);
        QTRY_VERIFY(window->windowTitle().startsWith("WWW"));
        m_node->exit(pid, ExitReason{Term::string(std::string(2'000, 'M'))});
        QTRY_VERIFY(window->findChild<QLabel*>("deadText")->isVisible());
        m_window->showNotice(QString{300, 'W'});
        QVERIFY2(window->minimumSizeHint().width() < 700, qPrintable(QString::number(window->minimumSizeHint().width())));
        QVERIFY2(m_window->minimumSizeHint().width() < 800, qPrintable(QString::number(m_window->minimumSizeHint().width())));
    }

    /// A desktop's palette may have black hints on its dark fields.
    void hintsCanBeReadOnEveryPalette() {
        const QPalette before = QApplication::palette();
        QPalette dark{QColor{50, 50, 50}, QColor{40, 40, 40}};
        dark.setColor(QPalette::Base, QColor{30, 30, 30});
        dark.setColor(QPalette::Text, QColor{230, 230, 230});
        dark.setColor(QPalette::PlaceholderText, Qt::black);
        QApplication::setPalette(dark);
        for (const char* field : {"processFilter", "logFilter", "applicationSearch", "logDetails"})
            QTRY_COMPARE(hintOf(field), faintColor(dark));
        QVERIFY(faintColor(dark).lightnessF() > 0.5F);
        QApplication::setPalette(before);
        QTRY_COMPARE(hintOf("processFilter"), faintColor(before));
    }

private:
    QString pid() const { return QString::fromStdString(to_string(m_pid)); }
    QAbstractItemModel* model() const { return m_window->findChild<QTableView*>("processTable")->model(); }
    int rowOf(Pid pid) const { return static_cast<ProcessModel*>(model())->rowOf(pid); }
    /// A label of the window, as it is read.
    QString shown(const char* label) const {
        const auto* found = m_window->findChild<QLabel*>(label);
        return readOf(found->text(), found->textFormat());
    }
    QColor hintOf(const char* field) const {
        return m_window->findChild<QWidget*>(field)->palette().color(QPalette::PlaceholderText);
    }
    QWidget* showInformation(Pid pid = {}) {
        m_window->showProcessInfo(pid ? pid : m_pid);
        return m_window->findChild<QWidget*>("processInfoWindow");
    }

    std::unique_ptr<Node> m_node;
    std::unique_ptr<ObserverWindow> m_window;
    Pid m_pid;
};

QTEST_MAIN(TestForeignTexts)
#include "tst_foreign_texts.moc"
