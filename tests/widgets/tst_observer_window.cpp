// SPDX-License-Identifier: GPL-3.0-or-later
#include <fiberscope/widgets/observer_window.hpp>

#include "model/process_columns.hpp"
#include "model/process_model.hpp"
#include "model/supervision_model.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolBar>
#include <QToolButton>

#include <memory>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

namespace {

/// Waits for messages, forever.
void clerk(Process& self) {
    for (;;)
        self.receive<int>();
}

Application shop() {
    auto supervisor = Supervisor::one_for_one({.intensity = 100, .period = 1s}).named("shop_sup");
    for (int index = 0; index < 5; ++index) {
        const auto name = "clerk_" + std::to_string(index);
        supervisor = std::move(supervisor).child(Atom{name}, clerk, {}, {.name = Atom{name}});
    }
    return Application{"shop", std::move(supervisor)};
}

QString withoutTags(QString text) {
    text.remove(QRegularExpression{"<[^>]*>"});
    return text.replace("&lt;", "<").replace("&gt;", ">");
}

} // namespace

/// The window over a live node, driven as a person drives it.
class TestObserverWindow : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_node = std::make_unique<Node>(NodeConfig{.name = "shop@localhost", .schedulers = 2});
        QVERIFY(m_node->start(shop()).has_value());
        m_window = std::make_unique<ObserverWindow>(*m_node, ObserverWindow::Remember::no);
        m_window->setRefreshInterval(100ms);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTRY_VERIFY(m_window->isReady());
        QTRY_VERIFY(rowOf("clerk_4") >= 0);
    }
    void cleanup() {
        m_window.reset();
        m_node.reset();
    }

    void tabsAreWhereObserverHasThem() {
        QCOMPARE(m_window->tabNames(), (QStringList{"System", "Load Charts", "Schedulers", "Applications", "Processes", "Log"}));
        for (const auto& name : m_window->tabNames()) {
            QVERIFY(m_window->setCurrentTab(name.toLower().replace(' ', '-')));
            QCOMPARE(m_window->currentTab(), name);
            QTest::qWait(0);
        }
        QVERIFY(!m_window->setCurrentTab("Ports"));
    }

    void killThroughTheMenuTellsWhoRestartedIt() {
        const auto old = m_node->whereis("clerk_2");
        auto* menu = openMenuOn("clerk_2");
        QCOMPARE(menu->actions().constFirst()->text(), QString::fromStdString("Process info for clerk_2 " + to_string(old)));
        QCOMPARE(menu->actions().constLast()->text(), QString::fromStdString("Kill process clerk_2 " + to_string(old)));
        menu->findChild<QAction*>("kill")->trigger();

        auto* notice = m_window->findChild<QLabel*>("deedNoticeText");
        QTRY_VERIFY(withoutTags(notice->text()).contains("shop_sup restarted it as"));
        const auto successor = m_node->whereis("clerk_2");
        QVERIFY(successor != old);
        const auto text = withoutTags(notice->text());
        QVERIFY2(text.startsWith(QString::fromStdString("clerk_2 " + to_string(old) + " killed; shop_sup restarted it as " +
                                                        to_string(successor) + " after ")),
                 qPrintable(text));
        QTRY_VERIFY(model()->rowOf(successor) >= 0);

        clickOnLink(*notice, pidLink(successor));
        QTRY_COMPARE(selected(), QList{successor});
    }

    /// The one that was killed: its window says how it ended and leads to its successor, and the notice stays.
    void theLinkToAKilledProcessOpensItsWindow() {
        const auto old = m_node->whereis("clerk_2");
        openMenuOn("clerk_2")->findChild<QAction*>("kill")->trigger();
        QTRY_VERIFY(notice().contains("shop_sup restarted it as"));
        const QString told = notice();
        clickOnLink(*m_window->findChild<QLabel*>("deedNoticeText"), pidLink(old));
        QTRY_VERIFY(infoWindow() != nullptr);
        QTRY_COMPARE(infoWindow()->windowTitle(), QString::fromStdString("clerk_2 (" + to_string(old) + "), ended"));
        QTRY_VERIFY(infoWindow()->findChild<QPushButton*>("openSuccessor")->isVisible());
        QCOMPARE(notice(), told);
    }

    void aWindowOfWhatHasEndedAlreadyNamesIt() {
        const auto pid = m_node->whereis("clerk_2");
        m_window->pauseAction()->setChecked(true);
        table()->selectRow(rowOf("clerk_2"));
        m_node->exit(pid, ExitReason{Term::atom("boom")});
        QTRY_VERIFY(!m_node->is_alive(pid));
        QTest::keyClick(table(), Qt::Key_Return);
        QTRY_VERIFY(infoWindow() != nullptr);
        QTRY_COMPARE(infoWindow()->windowTitle(), QString::fromStdString("clerk_2 (" + to_string(pid) + "), ended"));
    }

    /// No row knows it any more; its end tells.
    void aWindowOfWhatEndedLongAgoNamesIt() {
        const auto pid = m_node->whereis("clerk_2");
        m_node->exit(pid, ExitReason::kill());
        QTRY_VERIFY(!m_node->is_alive(pid) && model()->rowOf(pid) < 0);
        m_window->showProcess(pid);
        QTRY_VERIFY(infoWindow() != nullptr);
        QTRY_COMPARE(infoWindow()->windowTitle(), QString::fromStdString("clerk_2 (" + to_string(pid) + "), ended"));
        const auto told = QString::fromStdString("clerk_2 " + to_string(pid) +
                                                 " ended with reason killed. It ended before this window could read it.");
        const auto banner = infoWindow()->findChild<QLabel*>("deadText")->text();
        QVERIFY2(banner.startsWith(told), qPrintable(banner));
    }

    void aMenuNamesAProcessByItsFunction() {
        const auto pid = m_node->spawn(clerk, {.initial_function = "shop::clerk"});
        QTRY_VERIFY(model()->rowOf(pid) >= 0);
        QCOMPARE(openMenuOn(model()->rowOf(pid))->actions().constFirst()->text(),
                 QString::fromStdString("Process info for shop::clerk " + to_string(pid)));
    }

    void theTargetOfAMenuIsFixedWhenItOpens() {
        auto* menu = openMenuOn("clerk_1");
        const auto target = m_node->whereis("clerk_1");
        table()->sortByColumn(static_cast<int>(ProcessColumn::name), Qt::AscendingOrder);
        QTRY_COMPARE(model()->frame()->query.sortColumn, ProcessColumn::name);
        menu->findChild<QAction*>("kill")->trigger();
        QTRY_VERIFY(!m_node->is_alive(target));
    }

    /// What a kill changes is shown at once; Reds stay those of the last refresh, and so do the rows.
    void aKillBeginsNoNewInterval() {
        const auto busy = m_node->spawn([](Process& self) {
            for (;;)
                self.receive(after(1ms, [] {}));
        });
        QTRY_VERIFY(model()->rowOf(busy) >= 0 && redsOf(busy) > 10);
        m_window->setRefreshInterval(60s);
        QTest::qWait(0);
        const auto reds = redsOf(busy);
        const auto old = m_node->whereis("clerk_2");
        openMenuOn("clerk_2")->findChild<QAction*>("kill")->trigger();
        QTRY_VERIFY(m_node->whereis("clerk_2") && m_node->whereis("clerk_2") != old);
        QTRY_VERIFY(model()->rowOf(m_node->whereis("clerk_2")) >= 0);
        QVERIFY(model()->rowOf(old) >= 0);
        QCOMPARE(model()->frame()->mark(static_cast<std::size_t>(model()->rowOf(old))), RowMark::ended);
        QCOMPARE(redsOf(busy), reds);
        openMenuOn("clerk_3")->findChild<QAction*>("suspend")->trigger();
        QTRY_COMPARE(statusOf(m_node->whereis("clerk_3")), "suspended");
        QCOMPARE(redsOf(busy), reds);
    }

    void severalAreKilledAfterAsking() {
        QList<Pid> victims;
        table()->clearSelection();
        table()->setSelectionMode(QAbstractItemView::MultiSelection);
        for (const char* const name : {"clerk_0", "clerk_1", "clerk_3"}) {
            victims += m_node->whereis(name);
            table()->selectRow(rowOf(name));
        }
        table()->setSelectionMode(QAbstractItemView::ExtendedSelection);
        auto* menu = openMenuOn("clerk_1");
        QCOMPARE(menu->actions().constLast()->text(), "Kill 3 processes");
        menu->findChild<QAction*>("kill")->trigger();
        QTRY_VERIFY(m_window->findChild<QMessageBox*>("killQuestion") != nullptr);
        for (const auto pid : victims)
            QVERIFY(m_node->is_alive(pid));
        QTest::mouseClick(m_window->findChild<QPushButton*>("killConfirmed"), Qt::LeftButton);
        QTRY_COMPARE(m_window->findChild<QLabel*>("deedNoticeText")->text(), "3 processes killed, 3 restarted");
        QTRY_COMPARE(selected(), QList<Pid>{});
    }

    void aSystemProcessIsKilledOnlyAfterAsking() {
        Snapshot snapshot;
        m_node->snapshot(snapshot);
        const auto system = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                         [](const auto& row) { return row.is_system() && !row.is_external(); });
        QVERIFY(system != snapshot.processes.end());
        QTRY_VERIFY(model()->rowOf(system->pid) >= 0);
        openMenuOn(model()->rowOf(system->pid))->findChild<QAction*>("kill")->trigger();
        QTRY_VERIFY(m_window->findChild<QMessageBox*>("killQuestion") != nullptr);
        m_window->findChild<QMessageBox*>("killQuestion")->reject();
        QVERIFY(m_node->is_alive(system->pid));
    }

    void theKeyAsksUntilToldNotTo() {
        for (const bool first : {true, false}) {
            QTRY_VERIFY(m_node->whereis("clerk_0"));
            const auto pid = m_node->whereis("clerk_0");
            QTRY_VERIFY(model()->rowOf(pid) >= 0);
            table()->selectRow(model()->rowOf(pid));
            QTest::keyClick(table(), Qt::Key_Delete);
            if (first) {
                QTRY_VERIFY(m_window->findChild<QMessageBox*>("killQuestion") != nullptr);
                auto* box = m_window->findChild<QMessageBox*>("killQuestion");
                box->checkBox()->setChecked(true);
                QTest::mouseClick(box->findChild<QPushButton*>("killConfirmed"), Qt::LeftButton);
            }
            QTRY_VERIFY(!m_node->is_alive(pid));
        }
    }

    void filterShowsWhatMatchesAndHowMany() {
        auto* filter = m_window->findChild<QLineEdit*>("processFilter");
        QTest::keyClick(table(), Qt::Key_K, Qt::ControlModifier);
        QTRY_VERIFY(filter->hasFocus());
        QTest::keyClicks(filter, "clerk_");
        QTRY_COMPARE(model()->rowCount(), 5);
        auto* matches = m_window->findChild<QLabel*>("filterMatches");
        QVERIFY(matches->text().startsWith("5 of "));
        QVERIFY(matches->x() >= filter->geometry().right() + 6); // clear of the field
        QTest::keyClick(filter, Qt::Key_Escape);
        QTRY_VERIFY(model()->rowCount() > 5);
        QVERIFY(filter->text().isEmpty());
        QVERIFY(table()->hasFocus());
    }

    void fromTheFilterToTheTable_data() {
        QTest::addColumn<int>("key");
        QTest::addColumn<bool>("selects");
        QTest::newRow("tab") << int{Qt::Key_Tab} << false;
        QTest::newRow("down") << int{Qt::Key_Down} << true;
        QTest::newRow("return") << int{Qt::Key_Return} << true;
        QTest::newRow("enter") << int{Qt::Key_Enter} << true;
    }
    void fromTheFilterToTheTable() {
        QFETCH(int, key);
        QFETCH(bool, selects);
        auto* filter = m_window->findChild<QLineEdit*>("processFilter");
        filter->setFocus();
        QTest::keyClicks(filter, "clerk_3");
        QTest::keyClick(filter, static_cast<Qt::Key>(key));
        QVERIFY(table()->hasFocus());
        QTRY_COMPARE(selected(), selects ? QList{m_node->whereis("clerk_3")} : QList<Pid>{});
    }

    void theFiltersKeysWorkOnEachTab_data() {
        QTest::addColumn<QString>("tab");
        QTest::addColumn<QString>("field"); ///< empty: the tab has no filter
        QTest::newRow("system") << "System"
                                << "";
        QTest::newRow("charts") << "Load Charts"
                                << "";
        QTest::newRow("schedulers") << "Schedulers"
                                    << "";
        QTest::newRow("applications") << "Applications"
                                      << "applicationSearch";
        QTest::newRow("processes") << "Processes"
                                   << "processFilter";
        QTest::newRow("log") << "Log"
                             << "logFilter";
    }
    /// From a button, and from a text field of a tool bar, which has a meaning of its own for Ctrl+K.
    void theFiltersKeysWorkOnEachTab() {
        QFETCH(QString, tab);
        QFETCH(QString, field);
        auto* bar = m_window->addToolBar("bar");
        auto* text = new QLineEdit{"abc"};
        auto* button = new QPushButton{"button"};
        bar->addWidget(text);
        bar->addWidget(button);
        QTRY_VERIFY(text->isVisible() && button->isVisible());
        m_window->setCurrentTab(tab);
        auto* filter = field.isEmpty() ? nullptr : m_window->findChild<QLineEdit*>(field);
        const auto comesBy = [&](QWidget* from, int key, Qt::KeyboardModifiers modifiers) {
            from->setFocus();
            if (from == text)
                text->setCursorPosition(0);
            QTest::keyClick(from, static_cast<Qt::Key>(key), modifiers);
            return QApplication::focusWidget() == (filter != nullptr ? filter : from);
        };
        QVERIFY(comesBy(button, Qt::Key_Slash, Qt::NoModifier));
        QVERIFY(comesBy(button, Qt::Key_K, Qt::ControlModifier));
        QVERIFY(comesBy(text, Qt::Key_F, Qt::ControlModifier));
        QVERIFY(comesBy(text, Qt::Key_K, Qt::ControlModifier));
        QCOMPARE(text->text(), "abc");
        text->setFocus();
        QTest::keyClick(text, Qt::Key_Slash);
        QVERIFY(text->hasFocus()); // a path begins with it
        QCOMPARE(text->text(), "/abc");
        auto* view = m_window->menuBar()->actions()[1]->menu();
        QCOMPARE(view->actions().contains(m_window->findChild<QAction*>("goToFilter")), filter != nullptr);
    }

    void sortsByClickOnTheHeader() {
        auto* header = table()->horizontalHeader();
        const int column = static_cast<int>(ProcessColumn::name);
        const QPoint title{header->sectionViewportPosition(column) + 20, header->height() / 2};
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, title);
        QTRY_COMPARE(model()->frame()->query.sortColumn, ProcessColumn::name);
        QTRY_COMPARE(model()->frame()->query.order, Qt::AscendingOrder);
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, title);
        QTRY_COMPARE(model()->frame()->query.order, Qt::DescendingOrder);
    }

    void typedDigitsJumpToAPid() {
        const auto pid = m_node->whereis("clerk_3");
        QTest::keyClicks(table(), QString::number(pid.slot()));
        QTRY_COMPARE(selected(), QList{pid});
    }

    void copiesRows() {
        table()->selectRow(rowOf("clerk_2"));
        QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier);
        const auto lines = QGuiApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 2);
        QVERIFY(lines[0].startsWith("Pid\tName or Initial Func\tReds"));
        QVERIFY(lines[1].contains("\tclerk_2\t"));
    }

    void whatIsNotSelectedIsNoTarget() {
        const auto pid = m_node->whereis("clerk_2");
        const auto place = table()->visualRect(model()->index(rowOf("clerk_2"), 0)).center();
        QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, place);
        QTRY_COMPARE(selected(), QList{pid});
        QTest::mouseClick(table()->viewport(), Qt::LeftButton, Qt::ControlModifier,
                          table()->visualRect(model()->index(rowOf("clerk_2"), 0)).center());
        QTRY_COMPARE(selected(), QList<Pid>{});
        const auto current = table()->currentIndex();
        QVERIFY(current.isValid());
        QGuiApplication::clipboard()->setText("of before");
        QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), "of before");
        QTest::keyClick(table(), Qt::Key_Delete);
        QTest::keyClick(table(), Qt::Key_Return);
        QVERIFY(m_window->findChild<QWidget*>("processInfoWindow") == nullptr);
        const auto at = table()->visualRect(current).center();
        QContextMenuEvent byKey{QContextMenuEvent::Keyboard, at, table()->viewport()->mapToGlobal(at)};
        QCoreApplication::sendEvent(table()->viewport(), &byKey);
        QVERIFY(m_window->findChild<QMenu*>("processMenu") == nullptr);
        const QPoint below{20, table()->viewport()->height() - 5}; // no row is there
        QVERIFY(!table()->indexAt(below).isValid());
        table()->selectRow(rowOf("clerk_2"));
        QTest::mousePress(table()->viewport(), Qt::RightButton, {}, below);
        emit table()->customContextMenuRequested(below);
        QVERIFY(m_window->findChild<QMenu*>("processMenu") == nullptr);
        table()->clearSelection();
        emit table()->doubleClicked(model()->index(rowOf("clerk_2"), 0)); // as a double click with Ctrl leaves it
        QVERIFY(m_window->findChild<QWidget*>("processInfoWindow") == nullptr);
        QVERIFY(m_window->findChild<QMessageBox*>("killQuestion") == nullptr && m_node->is_alive(pid));
    }

    void aMenuCopiesWhatItWasOpenedFor() {
        auto* menu = openMenuOn("clerk_2");
        const auto line = QString::fromStdString(to_string(m_node->whereis("clerk_2")));
        table()->selectRow(rowOf("clerk_4"));
        menu->findChild<QAction*>("copy")->trigger();
        QVERIFY2(QGuiApplication::clipboard()->text().contains(line), qPrintable(QGuiApplication::clipboard()->text()));
    }

    void aColumnIsChosenInTheHeadersMenu() {
        auto* header = table()->horizontalHeader();
        const int column = static_cast<int>(ProcessColumn::status);
        QVERIFY(header->isSectionHidden(column));
        emit header->customContextMenuRequested({10, 5});
        auto* menu = m_window->findChild<QMenu*>("columnMenu");
        QVERIFY(menu != nullptr);
        QTRY_VERIFY(menu->isVisible());
        const auto click = [menu](const char* name) {
            QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(menu->findChild<QAction*>(name)).center());
        };
        click("status");
        QVERIFY(!header->isSectionHidden(column));
        QVERIFY(menu->isVisible()); // for the next one
        click("links");
        QVERIFY(!header->isSectionHidden(static_cast<int>(ProcessColumn::links)));
        click("pid"); // which cannot be chosen
        QVERIFY(menu->isVisible());
        menu->setActiveAction(menu->findChild<QAction*>("status"));
        QTest::keyClick(menu, Qt::Key_Space);
        QVERIFY(header->isSectionHidden(column) && menu->isVisible());
        QTest::keyClick(menu, Qt::Key_Return);
        QVERIFY(!header->isSectionHidden(column) && menu->isVisible());
        click("defaultColumns");
        QVERIFY(header->isSectionHidden(column));
        QVERIFY(menu->isVisible() && !menu->findChild<QAction*>("links")->isChecked());
        QTest::keyClick(menu, Qt::Key_Escape);
        QVERIFY(!menu->isVisible());
    }

    void exitSignalWithAReason() {
        const auto pid = m_node->whereis("clerk_4");
        openMenuOn("clerk_4")->findChild<QAction*>("sendExit")->trigger();
        QTRY_VERIFY(m_window->findChild<QDialog*>("sendExitDialog") != nullptr);
        auto* dialog = m_window->findChild<QDialog*>("sendExitDialog");
        QVERIFY(dialog->findChild<QLabel*>("exitTarget")->text().contains(QString::fromStdString("clerk_4 " + to_string(pid))));
        auto* reason = dialog->findChild<QLineEdit*>("exitReason");
        QCOMPARE(reason->text(), "kill");
        reason->setText("{oops,");
        dialog->accept();
        QVERIFY(dialog->isVisible());
        QVERIFY(!dialog->findChild<QLabel*>("exitReasonError")->text().isEmpty());
        reason->setText("{oops,42}");
        dialog->accept();
        QTRY_VERIFY(!m_node->is_alive(pid));
        QTRY_VERIFY(m_node->whereis("clerk_4"));
        const auto told = QString::fromStdString("Exit signal {oops,42} sent to clerk_4 " + to_string(pid) +
                                                 ": it ended with {oops,42}; shop_sup restarted it as " +
                                                 to_string(m_node->whereis("clerk_4")));
        QTRY_VERIFY2(notice().startsWith(told), qPrintable(notice()));
    }

    /// Old and new pid stand in it for some seconds.
    void aRestartDoesNotChangeTheWidthOfABox() {
        m_window->setCurrentTab("Applications");
        QTRY_VERIFY(boxOf("clerk_4").isValid());
        const int before = tree()->visualRect(boxOf("clerk_4")).width();
        const auto pid = m_node->whereis("clerk_4");
        m_node->exit(pid, ExitReason::kill());
        const auto* model = static_cast<const SupervisionModel*>(tree()->model());
        QTRY_VERIFY(model->recentRestart(boxOf("clerk_4")));
        QCOMPARE(tree()->visualRect(boxOf("clerk_4")).width(), before);
    }

    void aShortExitReasonStandsWholeInItsBox() {
        m_window->setCurrentTab("Applications");
        QTRY_VERIFY(boxOf("clerk_4").isValid());
        m_node->exit(m_node->whereis("clerk_4"), *Term::parse("{fault,'SIGSEGV',0}"));
        const auto* model = static_cast<const SupervisionModel*>(tree()->model());
        const auto text = [&] { return model->node(boxOf("clerk_4")).lastExit(); };
        QTRY_COMPARE(text(), "last exit: {fault,'SIGSEGV',0x0}");
        QTRY_VERIFY(tree()->visualRect(boxOf("clerk_4")).width() > tree()->fontMetrics().horizontalAdvance(text()));
    }

    void aClickBesideTheApplicationsChoosesNoOther() {
        m_window->setCurrentTab("Applications");
        auto* list = m_window->findChild<QListWidget*>("applicationList");
        QTRY_COMPARE(list->selectedItems().size(), 1);
        const QPoint below{20, list->viewport()->height() - 5};
        QVERIFY(list->itemAt(below) == nullptr);
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, below);
        QCOMPARE(list->selectedItems(), QList{list->currentItem()});
    }

    void anExitSignalFromTheTreeTellsWhatItLedTo() {
        m_window->setCurrentTab("Applications");
        QTRY_VERIFY(boxOf("clerk_4").isValid());
        tree()->setCurrentIndex(boxOf("clerk_4"));
        const auto pid = m_node->whereis("clerk_4");
        m_window->findChild<QAction*>("treeSendExit")->trigger();
        QTRY_VERIFY(m_window->findChild<QDialog*>("sendExitDialog") != nullptr);
        auto* dialog = m_window->findChild<QDialog*>("sendExitDialog");
        dialog->findChild<QLineEdit*>("exitReason")->setText("oops");
        dialog->accept();
        QTRY_VERIFY(m_node->whereis("clerk_4") && m_node->whereis("clerk_4") != pid);
        const auto told =
            QString::fromStdString("Exit signal oops sent to clerk_4 " + to_string(pid) +
                                   ": it ended with oops; shop_sup restarted it as " + to_string(m_node->whereis("clerk_4")));
        QTRY_VERIFY2(notice().startsWith(told), qPrintable(notice()));
    }

    void whatEndsWhileTheUserIsAskedHadEndedAlready() {
        const auto pid = m_node->whereis("clerk_3");
        table()->selectRow(rowOf("clerk_3"));
        QTest::keyClick(table(), Qt::Key_Delete);
        QTRY_VERIFY(m_window->findChild<QMessageBox*>("killQuestion") != nullptr);
        m_node->exit(pid, ExitReason{Term::atom("boom")});
        QTRY_VERIFY(m_node->whereis("clerk_3") && m_node->whereis("clerk_3") != pid);
        const auto successor = m_node->whereis("clerk_3");
        QTest::mouseClick(m_window->findChild<QPushButton*>("killConfirmed"), Qt::LeftButton);
        const auto told = QString::fromStdString("clerk_3 " + to_string(pid) + " had ended already, with boom; " +
                                                 "shop_sup restarted it as " + to_string(successor));
        QTRY_VERIFY2(notice().startsWith(told), qPrintable(notice()));
        QCOMPARE(m_node->whereis("clerk_3"), successor);
    }

    void suspendTellsWhomItMissed() {
        const auto pid = m_node->whereis("clerk_3");
        auto* menu = openMenuOn("clerk_3");
        m_node->exit(pid, ExitReason::kill());
        QTRY_VERIFY(!m_node->is_alive(pid));
        menu->findChild<QAction*>("suspend")->trigger();
        const auto told = QString::fromStdString("clerk_3 " + to_string(pid) + " had ended already, with killed; shop_sup");
        QTRY_VERIFY2(notice().startsWith(told), qPrintable(notice()));
    }

    void killTellsOfWhatHadEndedBeforeTheClick() {
        const auto pid = m_node->whereis("clerk_3");
        auto* menu = openMenuOn("clerk_3");
        m_node->exit(pid, ExitReason{Term::atom("boom")});
        QTRY_VERIFY(m_node->whereis("clerk_3") && m_node->whereis("clerk_3") != pid);
        QTRY_VERIFY(model()->rowOf(m_node->whereis("clerk_3")) >= 0);
        menu->findChild<QAction*>("kill")->trigger();
        const auto told = QString::fromStdString("clerk_3 " + to_string(pid) + " had ended already, with boom; " +
                                                 "shop_sup restarted it as " + to_string(m_node->whereis("clerk_3")));
        QTRY_VERIFY2(notice().startsWith(told), qPrintable(notice()));
    }

    void suspendAndResume() {
        const auto pid = m_node->whereis("clerk_1");
        openMenuOn("clerk_1")->findChild<QAction*>("suspend")->trigger();
        QTRY_COMPARE(statusOf(pid), "suspended");
        const auto sign = [&] { return model()->index(rowOf("clerk_1"), 0).data(Qt::DecorationRole); };
        QVERIFY(!sign().value<QPixmap>().isNull());
        QTRY_VERIFY(m_window->findChild<QLabel*>("pageStatus")->text().endsWith(", 1 suspended"));
        m_window->showProcessInfo(pid);
        auto* info = m_window->findChild<QWidget*>("processInfoWindow");
        auto* banner = info->findChild<QWidget*>("suspendedBanner");
        QTRY_VERIFY(banner->isVisible());
        QTRY_COMPARE(info->windowTitle(), QString::fromStdString("clerk_1 (" + to_string(pid) + "), suspended"));
        openMenuOn("clerk_1")->findChild<QAction*>("resume")->trigger();
        QTRY_COMPARE(statusOf(pid), "waiting");
        QVERIFY(!sign().isValid());
        QTRY_VERIFY(!banner->isVisible());
        QTRY_COMPARE(info->windowTitle(), QString::fromStdString("clerk_1 (" + to_string(pid) + ")"));
        QVERIFY(!m_window->findChild<QLabel*>("pageStatus")->text().contains("suspended"));
    }

    /// Thousands of selected rows that end one after the other would hold up the window at every refresh.
    void manyThatAreKilledAreSelectedNoMore() {
        constexpr int many = 5'000;
        for (int i = 0; i < many; ++i)
            m_node->spawn([](Process& self) { self.receive<int>(); });
        QTRY_VERIFY(model()->rowCount() > many);
        table()->selectAll();
        QTest::keyClick(table(), Qt::Key_Delete);
        QMessageBox* question = nullptr;
        QTRY_VERIFY((question = m_window->findChild<QMessageBox*>("killQuestion")) != nullptr);
        QVERIFY(table()->selectionModel()->hasSelection());
        QTest::mouseClick(question->findChild<QPushButton*>("killConfirmed"), Qt::LeftButton);
        QVERIFY(!table()->selectionModel()->hasSelection());
        QTRY_VERIFY(m_node->process_count() < many);
    }

    void pauseStopsTheTableAndRefreshStillWorks() {
        QTest::keyClick(table(), Qt::Key_Space);
        QVERIFY(m_window->pauseAction()->isChecked());
        QVERIFY(m_window->findChild<QLabel*>("paused")->isVisible());
        const auto pid = m_node->spawn(clerk);
        m_window->refreshAction()->trigger();
        QTRY_VERIFY(model()->rowOf(pid) >= 0);
        m_window->pauseAction()->toggle();
        QVERIFY(!m_window->findChild<QLabel*>("paused")->isVisible());
    }

    void informationWindowShowsFieldsAndFollowsTheDeath() {
        const auto pid = m_node->whereis("clerk_2");
        openMenuOn("clerk_2")->findChild<QAction*>("processInfo")->trigger();
        auto* window = m_window->findChild<QWidget*>("processInfoWindow");
        QVERIFY(window != nullptr);
        QTRY_COMPARE(window->windowTitle(), QString::fromStdString("clerk_2 (" + to_string(pid) + ")"));
        QTRY_COMPARE(window->findChild<QLabel*>("status")->text(), "waiting");
        QTRY_VERIFY(withoutTags(window->findChild<QLabel*>("links")->text())
                        .contains(QString::fromStdString(to_string(m_node->whereis("shop_sup")))));
        QVERIFY(window->findChild<QLabel*>("links")->text().contains("shop_sup&nbsp;<a ")); // not torn across lines
        m_window->showProcessInfo(pid);
        QCOMPARE(m_window->findChildren<QWidget*>("processInfoWindow").size(), 1);

        m_node->exit(pid, ExitReason::kill());
        QTRY_COMPARE(window->windowTitle(), QString::fromStdString("clerk_2 (" + to_string(pid) + "), ended"));
        QTRY_VERIFY(window->findChild<QLabel*>("deadText")->text().contains("killed"));
        auto* successor = window->findChild<QPushButton*>("openSuccessor");
        QTRY_VERIFY(successor->isVisible());
        QTest::mouseClick(successor, Qt::LeftButton);
        QTRY_COMPARE(m_window->findChildren<QWidget*>("processInfoWindow").size(), 2);
    }

    void messagesOfAProcess() {
        const auto pid = m_node->spawn([](Process& self) { self.receive<std::string>(); });
        for (int number = 0; number < 250; ++number)
            m_node->send(pid, number);
        m_window->showProcessInfo(pid);
        auto* window = m_window->findChild<QWidget*>("processInfoWindow");
        window->findChild<QTabWidget*>("processInfoTabs")->setCurrentIndex(1);
        auto* rows = window->findChild<QWidget*>("messageTable")->findChild<QTableView*>()->model();
        QTRY_COMPARE(rows->rowCount(), 100);
        QCOMPARE(rows->index(99, 3).data().toString(), "99");
        auto* newer = window->findChild<QToolButton*>("messagePagesNext");
        QTest::mouseClick(newer, Qt::LeftButton);
        QTRY_COMPARE(rows->index(0, 3).data().toString(), "100");
        QTest::mouseClick(newer, Qt::LeftButton);
        QTRY_COMPARE(rows->rowCount(), 50);
        QVERIFY(!newer->isEnabled());
    }

    /// Else the page above would move with each text.
    void aNoticeGetsNoLowerWhileItIsShown() {
        auto* bar = m_window->findChild<QWidget*>("noticeBar");
        const auto heightWith = [&](int words) {
            m_window->showNotice(QStringLiteral("word ").repeated(words));
            for (int pass = 0; pass < 3; ++pass) { // a label asks for its height once it has its width
                QCoreApplication::sendPostedEvents();
                m_window->centralWidget()->layout()->activate();
            }
            return bar->height();
        };
        const int low = heightWith(3);
        const int high = heightWith(400);
        QVERIFY(high > low);
        QCOMPARE(heightWith(3), high);
        QTest::mouseClick(m_window->findChild<QToolButton*>("closeNotice"), Qt::LeftButton);
        QCOMPARE(heightWith(3), low);
    }

    void statusBarSaysWhatIsShown() {
        QTRY_VERIFY(m_window->findChild<QLabel*>("pageStatus")->text().startsWith("Number of Processes: "));
        QTRY_COMPARE(m_window->findChild<QLabel*>("nodeName")->text(), "shop@localhost");
    }

    void menusAreObservers() {
        QStringList titles;
        for (const auto* action : m_window->menuBar()->actions())
            titles += action->text().remove('&');
        QCOMPARE(titles, (QStringList{"File", "View", "Nodes", "Log", "Help"}));
        auto* dump = m_window->findChild<QAction*>("dumpProcesses");
        QVERIFY(m_window->menuBar()->actions()[0]->menu()->actions().contains(dump));
        m_window->setCurrentTab("System");
        QVERIFY(!m_window->menuBar()->actions()[0]->menu()->actions().contains(dump));
    }

    void theLastFrameStaysWhenTheNodeStops() {
        const int rows = model()->rowCount();
        m_node->stop();
        QTRY_VERIFY(m_window->findChild<QLabel*>("nodeStopped")->isVisible());
        m_window->refreshAction()->trigger();
        QTest::qWait(0);
        QVERIFY(model()->rowCount() >= rows);
    }

    void theLastFrameStaysWhenTheNodeIsDestroyed() {
        const int rows = model()->rowCount();
        m_node.reset();
        auto* stopped = m_window->findChild<QLabel*>("nodeStopped");
        QTRY_VERIFY(stopped->isVisible());
        QCOMPARE(stopped->text(), QStringLiteral("stopped: stopped"));
        for (const auto& name : m_window->tabNames()) {
            m_window->setCurrentTab(name);
            m_window->refreshAction()->trigger();
            QTest::qWait(0);
        }
        m_window->setCurrentTab("Processes");
        QVERIFY(model()->rowCount() >= rows);
    }

private:
    QTableView* table() const { return m_window->findChild<QTableView*>("processTable"); }
    ProcessModel* model() const { return static_cast<ProcessModel*>(table()->model()); }
    int rowOf(const char* name) const { return model()->rowOf(m_node->whereis(name)); }
    QList<Pid> selected() const {
        QList<Pid> pids;
        for (const auto& index : table()->selectionModel()->selectedRows())
            pids += model()->pidAt(index.row());
        return pids;
    }
    QAbstractItemView* tree() const { return m_window->findChild<QAbstractItemView*>("supervisionTree"); }
    QModelIndex boxOf(const QString& name) const {
        const auto found = tree()->model()->match(tree()->model()->index(0, 0), Qt::DisplayRole, name, 1,
                                                  Qt::MatchContains | Qt::MatchRecursive);
        return found.isEmpty() ? QModelIndex{} : found.front();
    }
    QString cellOf(Pid pid, ProcessColumn column) const {
        const auto index = model()->frame()->sample->find(pid);
        return index ? processText(*model()->frame(), *index, column) : QString{};
    }
    QWidget* infoWindow() const { return m_window->findChild<QWidget*>("processInfoWindow"); }
    static QString pidLink(Pid pid) { return QStringLiteral("pid:%1").arg(pid.bits()); }
    /// Where the mouse finds the link.
    static void clickOnLink(QLabel& label, const QString& link) {
        QString under;
        const auto follow = connect(&label, &QLabel::linkHovered, [&under](const QString& hovered) { under = hovered; });
        const int lineHeight = label.fontMetrics().height();
        for (int y = lineHeight / 2; y < label.height() && under != link; y += lineHeight)
            for (int x = 0; x < label.width() && under != link; x += 8) {
                QTest::mouseMove(&label, {x, y});
                if (under == link)
                    QTest::mouseClick(&label, Qt::LeftButton, {}, {x, y});
            }
        disconnect(follow);
        QCOMPARE(under, link);
    }
    QString statusOf(Pid pid) const { return cellOf(pid, ProcessColumn::status); }
    qulonglong redsOf(Pid pid) const { return cellOf(pid, ProcessColumn::reductions).toULongLong(); }
    QString notice() const { return withoutTags(m_window->findChild<QLabel*>("deedNoticeText")->text()); }
    /// As a right-click does: press, then the menu.
    QMenu* openMenuOn(int row) const {
        for (auto* old : m_window->findChildren<QMenu*>("processMenu"))
            delete old;
        const auto place = table()->visualRect(model()->index(row, 0)).center();
        QTest::mousePress(table()->viewport(), Qt::RightButton, {}, place);
        emit table()->customContextMenuRequested(place);
        return m_window->findChild<QMenu*>("processMenu");
    }
    QMenu* openMenuOn(const char* name) const { return openMenuOn(rowOf(name)); }

    std::unique_ptr<Node> m_node;
    std::unique_ptr<ObserverWindow> m_window;
};

QTEST_MAIN(TestObserverWindow)
#include "tst_observer_window.moc"
