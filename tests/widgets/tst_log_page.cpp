// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sampler.hpp"
#include "view/log_page.hpp"
#include "view/report_html.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <QTextDocument>

#include <memory>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

namespace {

void waitForEver(Process& self) {
    self.receive(after(24h, [] {}));
}

Application shop() {
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("shop_sup");
    for (const char* name : {"till_1", "till_12"})
        supervisor = std::move(supervisor).child(name, waitForEver, {}, {.name = name});
    return Application{"shop", std::move(supervisor)};
}

QString pidOf(Pid pid) {
    return QString::fromStdString(to_string(pid));
}

} // namespace

/// The log on a live node: whom its lines are about, and the way to them.
class TestLogPage : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_node = std::make_unique<Node>(NodeConfig{.name = "log@test", .schedulers = 2});
        m_sampler = std::make_unique<Sampler>(*m_node);
        m_sampler->setLoadInterval(100ms);
        m_page = std::make_unique<LogPage>(*m_sampler);
        QVERIFY(m_node->start(shop()).has_value());
        m_page->resize(1000, 650);
        m_page->show();
        m_page->setActive(true);
        QVERIFY(QTest::qWaitForWindowExposed(m_page.get()));
        // both tills are killed and restarted
        m_first = m_node->whereis("till_1");
        for (const char* name : {"till_1", "till_12"}) {
            const Pid before = m_node->whereis(name);
            m_node->exit(before, ExitReason::kill());
            QTRY_VERIFY(m_node->whereis(name) && m_node->whereis(name) != before);
            QTRY_VERIFY(rowOf(QStringLiteral("shop_sup restarted %1:").arg(name)) >= 0);
        }
    }
    void cleanup() {
        m_page.reset();
        m_sampler.reset();
        m_node->stop();
        m_node.reset();
    }

    void onlyTheEventsOfOneProcessAreShown() {
        const int all = m_page->model().rowCount();
        openMenu(QStringLiteral("exited: killed"))->findChild<QAction*>("onlyProcess")->trigger();
        QCOMPARE(filter()->text(), pidOf(m_first));
        // its start, its end, its supervisor's report of that, its restart
        QCOMPARE(m_page->model().rowCount(), 4);
        QVERIFY(m_page->model().line(table()->currentIndex().row()).isExit);
        openMenu(QStringLiteral("exited: killed"))->findChild<QAction*>("showAll")->trigger();
        QVERIFY(m_page->model().rowCount() >= all);
    }

    void onlyTheEventsOfOneNameAreShown() {
        openMenu(QStringLiteral("till_1 %1 exited").arg(pidOf(m_first)))->findChild<QAction*>("onlyName")->trigger();
        QCOMPARE(filter()->text(), QStringLiteral("\"till_1\""));
        QVERIFY(m_page->model().rowCount() > 0);
        for (int row = 0; row < m_page->model().rowCount(); ++row)
            QVERIFY2(!m_page->model().plainText(row).contains("till_12"), qPrintable(m_page->model().plainText(row)));
        QVERIFY(rowOf(pidOf(m_node->whereis("till_1"))) >= 0);
    }

    void whatIsDroppedIsTold() {
        const auto* label = m_page->findChild<QLabel*>(QStringLiteral("logDropped"));
        QVERIFY(!label->isVisible());
        const auto before = m_page->model().lineCount();
        m_page->model().append(LogLines(LogModel::maxLines, std::make_shared<const LogLine>()));
        QVERIFY(label->isVisible());
        QCOMPARE(label->text(), QStringLiteral("%1 older lines dropped").arg(before));
        filter()->setText(QStringLiteral("nothing like this"));
        QVERIFY(label->isVisible());
        QVERIFY(m_page->statusText().startsWith("0 of 10,000 events"));
        m_page->model().clear();
        QVERIFY(!label->isVisible());
    }

    void anEventThatIsReadStaysWhereItIs() {
        const auto log = [this](int from) {
            for (int i = from; i < from + 200; ++i)
                m_node->log(LogLevel::info, "line " + std::to_string(i));
            QTRY_VERIFY(rowOf(QStringLiteral("line %1").arg(from + 199)) >= 0);
        };
        const auto* bar = table()->verticalScrollBar();
        const auto* follow = m_page->findChild<QCheckBox*>(QStringLiteral("logFollow"));
        log(0);
        QCOMPARE(bar->value(), bar->maximum());
        QVERIFY(!m_page->statusText().contains(QStringLiteral("not followed")));
        const QModelIndex last = m_page->model().index(m_page->model().rowCount() - 1, LogModel::TextColumn);
        QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, table()->visualRect(last).center());
        QVERIFY(!follow->isChecked());
        QVERIFY(m_page->statusText().contains(QStringLiteral("not followed")));
        const int before = bar->value();
        log(200);
        QCOMPARE(bar->value(), before);
        QCOMPARE(table()->currentIndex().row(), last.row());
        QTest::keyClick(table(), Qt::Key_End);
        QVERIFY(follow->isChecked());
        QVERIFY(!m_page->statusText().contains(QStringLiteral("not followed")));
        log(400);
        QCOMPARE(bar->value(), bar->maximum());
        QTest::keyClick(table(), Qt::Key_PageUp);
        QVERIFY(!follow->isChecked());
    }

    void levelAndProcessFilterTogether() {
        filter()->setText(pidOf(m_first));
        m_page->findChild<QComboBox*>(QStringLiteral("logLevel"))->setCurrentText(QStringLiteral("error"));
        QCOMPARE(m_page->model().rowCount(), 1);
        QVERIFY(m_page->model().line(0).text.startsWith(QStringLiteral("SUPERVISOR REPORT")));
    }

    void aDoubleClickGoesToTheProcess() {
        QSignalSpy info{m_page.get(), &ObserverPage::processInfoRequested};
        QSignalSpy notice{m_page.get(), &ObserverPage::notice};
        const Pid second = m_node->whereis("till_1");
        doubleClick(rowOf(QStringLiteral("shop_sup restarted till_1:")));
        QCOMPARE(info.size(), 1);
        QVERIFY(info.front().front().value<Pid>() == second);
        QVERIFY(notice.isEmpty());
    }

    void aDoubleClickOnOneThatEndedTellsHow() {
        QSignalSpy info{m_page.get(), &ObserverPage::processInfoRequested};
        QSignalSpy notice{m_page.get(), &ObserverPage::notice};
        doubleClick(rowOf(QStringLiteral("till_1 %1 exited").arg(pidOf(m_first))));
        QVERIFY(info.isEmpty());
        QCOMPARE(notice.size(), 1);
        QString text = notice.front().front().toString();
        text.remove(QRegularExpression{"<[^>]*>"}).replace("&lt;", "<").replace("&gt;", ">");
        QVERIFY2(text.startsWith(QStringLiteral("till_1 %1 exited: killed").arg(pidOf(m_first))), qPrintable(text));
        QVERIFY2(text.endsWith(QStringLiteral("shop_sup restarted it as till_1 %1").arg(pidOf(m_node->whereis("till_1")))),
                 qPrintable(text));
    }

    /// Until then they would be empty, and take room from the table. The row that is read stays in view.
    void theDetailsUnfoldWithTheFirstSelection() {
        const auto* details = m_page->findChild<QTextBrowser*>(QStringLiteral("logDetails"));
        QVERIFY(!details->isVisible());
        for (int i = 0; i < 100; ++i)
            m_node->log(LogLevel::info, "line " + std::to_string(i));
        QTRY_VERIFY(rowOf(QStringLiteral("line 99")) >= 0);
        const auto rect = [this] {
            return table()->visualRect(m_page->model().index(rowOf(QStringLiteral("line 99")), LogModel::TextColumn));
        };
        QTRY_VERIFY(table()->viewport()->rect().contains(rect().center()));
        QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, rect().center());
        QTRY_VERIFY(details->isVisible());
        QVERIFY(details->toPlainText().contains(QStringLiteral("line 99")));
        QTRY_VERIFY(table()->viewport()->rect().contains(rect().center()));
        m_page->findChild<QAction*>(QStringLiteral("clearLog"))->trigger();
        QVERIFY(!details->isVisible());
    }

    void reportsShowTheirFieldsOneARow() {
        table()->selectRow(rowOf(QStringLiteral("SUPERVISOR REPORT")));
        const QStringList lines = m_page->findChild<QTextBrowser*>(QStringLiteral("logDetails"))->toPlainText().split('\n');
        for (const char* field : {"supervisor", "errorContext", "reason", "offender"})
            QVERIFY2(lines.contains(QLatin1String{field}), field);
        for (const char* field : {"pid", "id", "mfargs", "restart_type", "significant", "shutdown", "child_type"})
            QVERIFY2(lines.contains(QString{4, QChar{0x20}} + field) || lines.contains(QString{4, QChar{0xa0}} + field), field);
        QVERIFY(lines.contains(QStringLiteral("permanent")));
    }

    void stacksAreShownALineAFrame() {
        Event exit;
        exit.kind = EventKind::exit;
        exit.pid = m_first;
        exit.reason = Term::atom("stack_overflow");
        exit.stack_text = "std::vector<int>::at\nshop::price_of (price.cpp:12)";
        auto report = std::make_shared<LogEntry>();
        report->title = "CRASH REPORT";
        report->fields = {{"reason", "stack_overflow"}, {"stack", exit.stack_text}};
        Event crash;
        crash.kind = EventKind::log;
        crash.log = report;
        for (const Event& event : {exit, crash}) {
            QTextDocument document;
            document.setHtml(reportHtml(logLine(event), m_page->palette()));
            const QStringList lines = document.toPlainText().split(QRegularExpression{"[\n\u2028]"});
            QVERIFY2(lines.contains("stack"), qPrintable(document.toPlainText()));
            QVERIFY2(lines.contains("std::vector<int>::at"), qPrintable(document.toPlainText()));
            QVERIFY2(lines.contains("shop::price_of  price.cpp:12"), qPrintable(document.toPlainText()));
        }
    }

    void aCrashReportShowsItsStackBehindItsReason() {
        auto report = std::make_shared<LogEntry>();
        report->title = "CRASH REPORT";
        report->fields = {{"pid", "<0.9.0>"}, {"error_info", "stack_overflow"}, {"links", "[]"}, {"stack", "shop::price_of"}};
        Event crash;
        crash.kind = EventKind::log;
        crash.log = report;
        const QString html = reportHtml(logLine(crash), m_page->palette());
        QVERIFY(html.indexOf("error_info") < html.indexOf("shop::price_of"));
        QVERIFY(html.indexOf("shop::price_of") < html.indexOf("links"));
        QCOMPARE(html.count("shop::price_of"), 1);
    }

    /// The current row stays where it was when the selection goes; keys and menus no longer mean it.
    void whatIsNotSelectedIsNoTarget() {
        QSignalSpy info{m_page.get(), &ObserverPage::processInfoRequested};
        QSignalSpy notice{m_page.get(), &ObserverPage::notice};
        auto* copy = m_page->findChild<QAction*>(QStringLiteral("copyLog"));
        const QPoint place = show(rowOf(QStringLiteral("shop_sup restarted till_1:")));
        QVERIFY(copy->isEnabled());
        QTest::mouseClick(table()->viewport(), Qt::LeftButton, Qt::ControlModifier, place); // takes it from the selection
        QVERIFY(table()->currentIndex().isValid() && !table()->selectionModel()->hasSelection());
        QVERIFY(!copy->isEnabled());
        QGuiApplication::clipboard()->setText(QStringLiteral("of before"));
        m_page->activateWindow();
        table()->setFocus();
        QTRY_VERIFY(table()->hasFocus());
        QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("of before"));
        QTest::keyClick(table(), Qt::Key_Return);
        QVERIFY(info.isEmpty() && notice.isEmpty());
        QContextMenuEvent byKey{QContextMenuEvent::Keyboard, place, table()->viewport()->mapToGlobal(place)};
        QCoreApplication::sendEvent(table()->viewport(), &byKey);
        QVERIFY(m_page->findChild<QMenu*>(QStringLiteral("logMenu")) == nullptr);
        table()->selectRow(table()->currentIndex().row());
        QVERIFY(copy->isEnabled());
        QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("shop_sup restarted till_1:")));
        filter()->setText(QStringLiteral("no line has this"));
        QVERIFY(!copy->isEnabled());
    }

private:
    QTableView* table() const { return m_page->findChild<QTableView*>(QStringLiteral("logTable")); }
    QLineEdit* filter() const { return m_page->findChild<QLineEdit*>(QStringLiteral("logFilter")); }
    /// The first row with this text; -1: none.
    int rowOf(const QString& text) const {
        for (int row = 0; row < m_page->model().rowCount(); ++row)
            if (m_page->model().plainText(row).contains(text))
                return row;
        return -1;
    }
    QPoint show(int row) const {
        const QModelIndex index = m_page->model().index(row, LogModel::TextColumn);
        table()->scrollTo(index);
        table()->setCurrentIndex(index);
        return table()->visualRect(index).center();
    }
    QMenu* openMenu(const QString& text) const {
        emit table()->customContextMenuRequested(show(rowOf(text)));
        return m_page->findChildren<QMenu*>(QStringLiteral("logMenu")).last();
    }
    void doubleClick(int row) const {
        QVERIFY(row >= 0);
        const QPoint position = show(row);
        QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, position);
        QTest::mouseDClick(table()->viewport(), Qt::LeftButton, {}, position);
    }

    std::unique_ptr<Node> m_node;
    std::unique_ptr<Sampler> m_sampler;
    std::unique_ptr<LogPage> m_page;
    Pid m_first; ///< the first process of till_1
};

QTEST_MAIN(TestLogPage)
#include "tst_log_page.moc"
