// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sampler.hpp"
#include "model/text_format.hpp"
#include "view/applications_page.hpp"
#include "view/chart.hpp"
#include "view/chart_export.hpp"
#include "view/chart_legend.hpp"
#include "view/chart_marks.hpp"
#include "view/load_charts_page.hpp"
#include "view/log_page.hpp"
#include "view/schedulers_page.hpp"
#include "view/supervision_tree_view.hpp"
#include "view/system_page.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

namespace {

void waitForEver(Process& self) {
    self.receive(after(24h, [] {}));
}

Application shop() {
    return Application{"shop", Supervisor::one_for_one({.intensity = 10, .period = 5s})
                                   .named("shop_sup")
                                   .child(Atom{"till"}, waitForEver, {}, {.name = "till"})
                                   .child(Atom{"store"}, waitForEver, {}, {.name = "store"})};
}

/// A node with an application, and the sampler that a window would have.
struct Observed {
    Node node{{.name = "pages@test", .schedulers = 2}};
    std::optional<Sampler> sampler;

    Observed() {
        sampler.emplace(node);
        sampler->setLoadInterval(100ms);
        sampler->setRefreshInterval(100ms);
        if (!node.start(shop()))
            qFatal("the application does not start");
    }
};

void show(ObserverPage& page) {
    page.resize(1000, 650);
    page.show();
    page.setActive(true);
    QVERIFY(QTest::qWaitForWindowExposed(&page));
}

/// Chooses an entry of the menu that opens next.
void chooseFromMenu(const QString& text) {
    QTimer::singleShot(0, [text] {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        if (menu == nullptr)
            return;
        for (QAction* action : menu->actions())
            if (action->text() == text)
                action->trigger();
        menu->close();
    });
}

QModelIndex childCalled(const SupervisionModel& model, const QString& title) {
    const QModelIndex supervisor = model.index(0, 0, model.index(0, 0));
    for (int row = 0; row < model.rowCount(supervisor); ++row)
        if (model.index(row, 0, supervisor).data().toString() == title)
            return model.index(row, 0, supervisor);
    return {};
}

} // namespace

/// Each page on a live node.
class TestPages : public QObject {
    Q_OBJECT

private slots:
    void aClickOnTheLegendHidesALine() {
        Observed observed;
        LoadChartsPage page{*observed.sampler};
        show(page);
        Chart* chart = page.charts().front();
        QTRY_COMPARE(chart->lineCount(), 2);
        QTRY_VERIFY(page.history().points().size() > 3);
        ChartLegend* legend = chart->legend();
        QVERIFY(chart->isLineShown(1));
        QTest::mouseClick(legend, Qt::LeftButton, {}, legend->entryRect(1).center());
        QVERIFY(!chart->isLineShown(1));
        QVERIFY(chart->isLineShown(0));
        QTest::mouseClick(legend, Qt::LeftButton, {}, legend->entryRect(1).center());
        QVERIFY(chart->isLineShown(1));
    }

    void denseMarksAreMergedNamedAndHidden() {
        Observed observed;
        LoadChartsPage page{*observed.sampler};
        show(page);
        Chart* chart = page.charts().front();
        QTRY_VERIFY(page.history().points().size() > 3);
        for (int killed = 0; killed < 8; ++killed) {
            const Pid till = observed.node.whereis("till");
            observed.node.exit(till, ExitReason::kill());
            QTRY_VERIFY(observed.node.whereis("till") && observed.node.whereis("till") != till);
        }
        const auto countOf = [&](LoadMark::Kind kind) {
            int count = 0;
            for (const LoadMark& mark : chart->marks().drawn())
                count += mark.kind == kind ? mark.count : 0;
            return count;
        };
        QTRY_COMPARE(countOf(LoadMark::Kind::exit), 8);
        QTRY_COMPARE(countOf(LoadMark::Kind::restart), 8);
        QVERIFY(chart->marks().drawn().size() <= 6); // a few seconds at most
        ChartLegend* legend = chart->markLegend();
        QCOMPARE(legend->entryCount(), 2);
        QTest::mouseClick(legend, Qt::LeftButton, {}, legend->entryRect(0).center());
        for (const Chart* each : page.charts()) {
            QVERIFY(!each->marks().isShown(LoadMark::Kind::exit));
            QVERIFY(each->marks().isShown(LoadMark::Kind::restart));
        }
        QCOMPARE(countOf(LoadMark::Kind::exit), 0);
        auto* all = page.findChild<QAction*>(QStringLiteral("chartMarks"));
        QVERIFY(all->isChecked());
        all->trigger();
        QVERIFY(chart->marks().drawn().empty());
        QVERIFY(!legend->isShown(1));
        all->trigger();
        QVERIFY(legend->isShown(0) && legend->isShown(1));
        QCOMPARE(countOf(LoadMark::Kind::exit), 8);
    }

    /// However many schedulers there are, the lower charts are equally wide, and the marks' names stand in one row.
    void manySchedulersLeaveTheOthersTheirRoom() {
        Node node{{.schedulers = 32}};
        Sampler sampler{node};
        sampler.setLoadInterval(100ms);
        LoadChartsPage page{sampler};
        show(page);
        QTRY_COMPARE(page.charts().front()->lineCount(), 32);
        QTRY_VERIFY(page.history().points().size() > 3);
        const ChartLegend* marks = page.charts().front()->markLegend();
        QCOMPARE(marks->entryRect(0).top(), marks->entryRect(1).top());
        QTRY_VERIFY(std::abs(page.charts()[1]->width() - page.charts()[3]->width()) <= 1);
    }

    void whatMarksAreHiddenIsKept() {
        Observed observed;
        const QTemporaryDir folder;
        QSettings settings{folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
        LoadChartsPage page{*observed.sampler};
        page.setMarksShown(LoadMark::Kind::restart, false);
        page.saveSettings(settings);
        LoadChartsPage next{*observed.sampler};
        next.restoreSettings(settings);
        QVERIFY(next.charts().back()->marks().isShown(LoadMark::Kind::exit));
        QVERIFY(!next.charts().back()->marks().isShown(LoadMark::Kind::restart));
        QVERIFY(!next.charts().front()->markLegend()->isShown(1));
    }

    void chartsGoBackInTimeTogetherAndReturn() {
        Observed observed;
        LoadChartsPage page{*observed.sampler};
        show(page);
        QTRY_VERIFY(page.history().points().size() > 3);
        auto* plot = page.charts().front()->findChild<QWidget*>(QStringLiteral("plot"));
        QVERIFY(plot != nullptr);
        QWheelEvent wheel{plot->rect().center(),
                          plot->mapToGlobal(plot->rect().center()),
                          {},
                          {0, 120},
                          Qt::NoButton,
                          Qt::NoModifier,
                          Qt::NoScrollPhase,
                          false};
        QApplication::sendEvent(plot, &wheel);
        for (const Chart* chart : page.charts())
            QVERIFY(!chart->isLive());
        QTest::mouseDClick(plot, Qt::LeftButton, {}, plot->rect().center());
        for (const Chart* chart : page.charts())
            QVERIFY(chart->isLive());
    }

    void historyIsKeptThroughSettingsAndHidden() {
        Observed observed;
        LoadChartsPage page{*observed.sampler};
        QTRY_VERIFY(page.history().points().size() > 5);
        const double oldest = page.history().points().front().uptimeSeconds;
        observed.sampler->setLoadInterval(200ms);
        page.setLength(std::chrono::minutes{5});
        const auto before = page.history().points().size();
        QTRY_VERIFY(page.history().points().size() > before + 2);
        QCOMPARE(page.history().points().front().uptimeSeconds, oldest);
    }

    void chartsAreExported() {
        Observed observed;
        LoadChartsPage page{*observed.sampler};
        show(page);
        QTRY_VERIFY(page.history().points().size() > 3);
        const QTemporaryDir folder;
        const QString png = folder.filePath(QStringLiteral("load.png"));
        QCOMPARE(exportPng(page, png), QString{});
        QCOMPARE(QImage{png}.size(), page.size() * 2);
        const QString pdf = folder.filePath(QStringLiteral("load.pdf"));
        QCOMPARE(exportPdf(page, page.charts(), pdf), QString{});
        QFile pdfFile{pdf};
        QVERIFY(pdfFile.open(QIODevice::ReadOnly) && pdfFile.read(5) == "%PDF-");
        const QString csv = folder.filePath(QStringLiteral("load.csv"));
        QCOMPARE(exportCsv(page.charts(), page.history(), csv), QString{});
        QFile csvFile{csv};
        QVERIFY(csvFile.open(QIODevice::ReadOnly | QIODevice::Text));
        const QStringList lines = QString::fromUtf8(csvFile.readAll()).trimmed().split(QLatin1Char{'\n'});
        QVERIFY(lines.front().startsWith(QStringLiteral("time,uptime_s,\"Scheduler Utilization (%): 1\"")));
        QCOMPARE(static_cast<std::size_t>(lines.size()), page.history().points().size() + 1);
        QVERIFY(!exportCsv(page.charts(), page.history(), folder.filePath(QStringLiteral("missing/load.csv"))).isEmpty());
    }

    void schedulersOnlineAreSetHere() {
        Observed observed;
        SchedulersPage page{*observed.sampler};
        show(page);
        QTRY_COMPARE(page.panels().size(), 2);
        auto* box = page.findChild<QSpinBox*>(QStringLiteral("schedulersOnline"));
        QCOMPARE(box->value(), 2);
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Down);
        QTRY_COMPARE(observed.node.schedulers_online(), 1U);
        const auto* model = page.findChild<QTableView*>(QStringLiteral("schedulerTable"))->model();
        QTRY_VERIFY(model->index(1, 1).data().toString() != QStringLiteral("online"));
        QTest::keyClick(box, Qt::Key_Up);
        QTRY_COMPARE(observed.node.schedulers_online(), 2U);
        QTRY_COMPARE(model->index(1, 1).data().toString(), QStringLiteral("online"));
    }

    void noColumnOfSchedulersIsCut() {
        Observed observed;
        SchedulersPage page{*observed.sampler};
        show(page);
        QTRY_COMPARE(page.panels().size(), 2);
        page.resize(700, 500);
        const auto* header = page.findChild<QTableView*>(QStringLiteral("schedulerTable"))->horizontalHeader();
        QTRY_VERIFY(header->width() < 700);
        for (int column = 0; column < header->count(); ++column)
            QTRY_VERIFY2(header->sectionSize(column) >= header->sectionSizeHint(column), qPrintable(QString::number(column)));
    }

    void whatIsNotSelectedIsNotCopied() {
        Observed observed;
        SchedulersPage page{*observed.sampler};
        show(page);
        auto* table = page.findChild<QTableView*>(QStringLiteral("schedulerTable"));
        QTRY_COMPARE(table->model()->rowCount(), 2);
        const QPoint first = table->visualRect(table->model()->index(0, 0)).center();
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, first);
        QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("1\tonline")));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, Qt::ControlModifier, first);
        QVERIFY(table->currentIndex().isValid() && !table->selectionModel()->hasSelection());
        QGuiApplication::clipboard()->setText(QStringLiteral("of before"));
        QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("of before"));
    }

    /// Tight loops, with and without signals: a click on the box decides whether others get their turn.
    void preemptionIsSwitchedHere() {
        Observed observed;
        if (observed.node.set_preemption(Preemption::signal) != Preemption::signal)
            QSKIP("signals are refused here");
        SchedulersPage page{*observed.sampler};
        show(page);
        auto* box = page.findChild<QCheckBox*>(QStringLiteral("preemptBySignals"));
        QTRY_VERIFY(box->isChecked());
        volatile std::sig_atomic_t stop = 0;
        for (int i = 0; i < 4; ++i)
            observed.node.spawn(
                [&stop](Process&) {
                    while (stop == 0)
                        continue;
                },
                {.label = "spinner"});
        const auto* model = page.findChild<QTableView*>(QStringLiteral("schedulerTable"))->model();
        const auto cell = [model](int row, const char* title) {
            for (int column = 0; column < model->columnCount(); ++column)
                if (model->headerData(column, Qt::Horizontal).toString() == QLatin1String{title})
                    return model->index(row, column).data().toString();
            return QString{};
        };
        QTRY_VERIFY(cell(0, "Preempted") != QStringLiteral("0") && cell(1, "Preempted") != QStringLiteral("0"));
        QTRY_VERIFY(cell(0, "Last preempted").startsWith(QStringLiteral("spinner <0.")));
        QTest::mouseClick(box, Qt::LeftButton, Qt::NoModifier, QPoint{10, box->height() / 2});
        QCOMPARE(observed.node.preemption(), Preemption::cooperative);
        QTRY_COMPARE(cell(0, "State"), QStringLiteral("stuck"));
        QTest::mouseClick(box, Qt::LeftButton, Qt::NoModifier, QPoint{10, box->height() / 2});
        QCOMPARE(observed.node.preemption(), Preemption::signal);
        QTRY_COMPARE(cell(0, "State"), QStringLiteral("online"));
        stop = 1;
    }

    /// What is left of a window of 1280x720.
    void theSystemPageFitsASmallWindow() {
        Observed observed;
        SystemPage page{*observed.sampler};
        show(page);
        page.resize(1280, 620);
        QTRY_COMPARE(page.findChild<QScrollArea*>()->verticalScrollBar()->maximum(), 0);
    }

    void theSystemPageTellsTheNode() {
        Observed observed;
        SystemPage page{*observed.sampler};
        show(page);
        QTRY_COMPARE(page.findChild<QLabel*>(QStringLiteral("Node"))->text(), QStringLiteral("pages@test"));
        QTRY_VERIFY(page.findChild<QLabel*>(QStringLiteral("Restarts"))->text() == QStringLiteral("0"));
        QTRY_VERIFY(page.statusText().startsWith(QStringLiteral("Number of Processes: ")));
    }

    void aRestartIsSeenInTheTree() {
        Observed observed;
        ApplicationsPage page{*observed.sampler};
        show(page);
        auto* list = page.findChild<QListWidget*>(QStringLiteral("applicationList"));
        QTRY_VERIFY(!list->findItems(QStringLiteral("shop"), Qt::MatchExactly).isEmpty());
        list->setCurrentItem(list->findItems(QStringLiteral("shop"), Qt::MatchExactly).front());
        SupervisionModel& model = page.model();
        QTRY_VERIFY(childCalled(model, QStringLiteral("till")).isValid());
        const QPersistentModelIndex till{childCalled(model, QStringLiteral("till"))};
        const Pid before = model.node(till).pid;
        QVERIFY((before == observed.node.whereis("till")));
        observed.node.exit(before, ExitReason::kill());
        QTRY_VERIFY(model.node(till).hasProcess() && model.node(till).pid != before);
        const auto restart = model.recentRestart(till);
        QVERIFY(restart);
        QVERIFY((restart->oldPid == before));
        QTRY_COMPARE(model.node(till).restartsMade(), QStringLiteral("restarted once"));
        QCOMPARE(model.node(till).lastExit(), QStringLiteral("last exit: killed"));
    }

    void theTreesMenuActsOnTheBoxUnderTheMouse() {
        Observed observed;
        ApplicationsPage page{*observed.sampler};
        show(page);
        SupervisionModel& model = page.model();
        auto* list = page.findChild<QListWidget*>(QStringLiteral("applicationList"));
        QTRY_VERIFY(!list->findItems(QStringLiteral("shop"), Qt::MatchExactly).isEmpty());
        list->setCurrentItem(list->findItems(QStringLiteral("shop"), Qt::MatchExactly).front());
        QTRY_VERIFY(childCalled(model, QStringLiteral("store")).isValid());
        QTRY_COMPARE(model.index(0, 0, model.index(0, 0)).data().toString(),
                     QStringLiteral("shop_sup")); // nothing moves any more
        const QModelIndex store = childCalled(model, QStringLiteral("store"));
        const Pid pid = model.node(store).pid;
        auto* tree = page.findChild<SupervisionTreeView*>();
        QSignalSpy killed{&page, &ObserverPage::killRequested};
        QSignalSpy info{&page, &ObserverPage::processInfoRequested};
        const QPoint position = tree->visualRect(store).center();
        chooseFromMenu(QStringLiteral("Kill process %1").arg(namedPidText(model.node(store).name, pid)));
        emit tree->customContextMenuRequested(position);
        QCOMPARE(killed.size(), 1);
        QVERIFY((killed.front().front().value<QList<Pid>>() == QList<Pid>{pid}));
        QTest::mouseDClick(tree->viewport(), Qt::LeftButton, {}, position);
        QCOMPARE(info.size(), 1);
        QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, position);
        QCOMPARE(page.statusText(), QStringLiteral("Pid: store %1").arg(QString::fromStdString(to_string(pid))));
    }

    void whatIsFoundInTheTreeIsCounted() {
        Observed observed;
        ApplicationsPage page{*observed.sampler};
        show(page);
        auto* list = page.findChild<QListWidget*>(QStringLiteral("applicationList"));
        QTRY_VERIFY(!list->findItems(QStringLiteral("shop"), Qt::MatchExactly).isEmpty());
        list->setCurrentItem(list->findItems(QStringLiteral("shop"), Qt::MatchExactly).front());
        QTRY_VERIFY(childCalled(page.model(), QStringLiteral("store")).isValid());
        auto* search = page.findChild<QLineEdit*>(QStringLiteral("applicationSearch"));
        QTest::keyClicks(search, QStringLiteral("sto"));
        QTest::keyClick(search, Qt::Key_Return);
        QTRY_COMPARE(page.findChild<QLabel*>(QStringLiteral("applicationFound"))->text(), QStringLiteral("1 found"));
        auto* tree = page.findChild<SupervisionTreeView*>();
        QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("store"));
    }

    void manyChangesPlaceTheBoxesOnce() {
        SupervisorInfo info;
        for (std::uint32_t slot = 100; slot < 1100; ++slot) {
            info.children.push_back({});
            info.children.back().id = Term{slot};
            info.children.back().pid = Pid{0, slot, 0};
        }
        const Pid top{0, 90, 0};
        const auto frameOf = [&] {
            auto frame = std::make_shared<SupervisionFrame>();
            frame->applications.push_back({Atom{"kv"}, "", RestartType::temporary, Pid{0, 80, 0}, top});
            frame->supervisors[top] = std::make_shared<const SupervisorInfo>(info);
            return frame;
        };
        SupervisionModel model;
        SupervisionTreeView tree;
        tree.setModel(&model);
        model.setApplication(Atom{"kv"});
        model.setFrame(frameOf());
        const QModelIndex supervisor = model.index(0, 0, model.index(0, 0));
        model.showMore(model.index(model.rowCount(supervisor) - 1, 0, supervisor));
        QCOMPARE(model.rowCount(supervisor), 1000);
        tree.resize(800, 600);
        tree.setCurrentIndex(model.index(500, 0, supervisor));
        tree.grab();
        const auto before = tree.layoutCount();
        for (ChildInfo& child : info.children)
            child.pid = Pid{0, child.pid.slot() + 5000, 0};
        model.setFrame(frameOf());
        tree.grab();
        QCOMPARE(tree.layoutCount(), before + 1);
    }

    void endGoesToTheLastBox() {
        Observed observed;
        ApplicationsPage page{*observed.sampler};
        show(page);
        auto* list = page.findChild<QListWidget*>(QStringLiteral("applicationList"));
        QTRY_VERIFY(!list->findItems(QStringLiteral("shop"), Qt::MatchExactly).isEmpty());
        list->setCurrentItem(list->findItems(QStringLiteral("shop"), Qt::MatchExactly).front());
        QTRY_VERIFY(childCalled(page.model(), QStringLiteral("store")).isValid());
        auto* tree = page.findChild<SupervisionTreeView*>();
        QTest::keyClick(tree, Qt::Key_End);
        QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("store"));
    }

    void whatIsNotSelectedIsNoTarget() {
        Observed observed;
        ApplicationsPage page{*observed.sampler};
        show(page);
        auto* list = page.findChild<QListWidget*>(QStringLiteral("applicationList"));
        QTRY_VERIFY(!list->findItems(QStringLiteral("shop"), Qt::MatchExactly).isEmpty());
        list->setCurrentItem(list->findItems(QStringLiteral("shop"), Qt::MatchExactly).front());
        QTRY_VERIFY(childCalled(page.model(), QStringLiteral("store")).isValid());
        auto* tree = page.findChild<SupervisionTreeView*>();
        auto* kill = page.findChild<QAction*>(QStringLiteral("treeKill"));
        QTest::mouseClick(tree->viewport(), Qt::LeftButton, {},
                          tree->visualRect(childCalled(page.model(), QStringLiteral("store"))).center());
        QVERIFY(kill->isEnabled());
        QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, tree->viewport()->rect().bottomLeft() + QPoint{5, -5});
        QVERIFY(!kill->isEnabled());
    }

    void anEndedApplicationIsToldUntilAnotherIsChosen() {
        Observed observed;
        QVERIFY(observed.node.start(Application{"other", Supervisor::one_for_one()}).has_value());
        ApplicationsPage page{*observed.sampler};
        show(page);
        auto* list = page.findChild<QListWidget*>(QStringLiteral("applicationList"));
        QTRY_VERIFY(!list->findItems(QStringLiteral("shop"), Qt::MatchExactly).isEmpty());
        list->setCurrentItem(list->findItems(QStringLiteral("shop"), Qt::MatchExactly).front());
        QTRY_VERIFY(childCalled(page.model(), QStringLiteral("store")).isValid());
        QVERIFY(observed.node.stop_application("shop").has_value());
        auto* message = page.findChild<QLabel*>(QStringLiteral("applicationMessage"));
        QTRY_VERIFY(message->isVisible() && message->text().startsWith(QStringLiteral("Application shop has stopped.")));
        QVERIFY(list->currentItem() == nullptr);
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->item(0)).center());
        QTRY_VERIFY(!message->isVisible());
    }

    void whatEndedUnseenIsToldWhereNoApplicationRuns() {
        Observed observed;
        ApplicationsPage page{*observed.sampler};
        QSignalSpy events{&*observed.sampler, &Sampler::eventsPolled};
        QVERIFY(observed.node.stop_application("shop").has_value());
        QTRY_VERIFY(std::ranges::any_of(events, [](const QList<QVariant>& polled) {
            return std::ranges::any_of(polled.front().value<EventsSample>()->events,
                                       [](const Event& event) { return event.kind == EventKind::application_stopped; });
        }));
        show(page);
        auto* message = page.findChild<QLabel*>(QStringLiteral("applicationMessage"));
        QTRY_VERIFY2(message->text().startsWith(QStringLiteral("No application runs.\nApplication shop has stopped.")),
                     qPrintable(message->text()));
    }

    void anEndIsUnknownWhereEventsWereLost() {
        Observed observed;
        ApplicationsPage page{*observed.sampler};
        show(page);
        auto* list = page.findChild<QListWidget*>(QStringLiteral("applicationList"));
        QTRY_VERIFY(!list->findItems(QStringLiteral("shop"), Qt::MatchExactly).isEmpty());
        list->setCurrentItem(list->findItems(QStringLiteral("shop"), Qt::MatchExactly).front());
        QTRY_VERIFY(childCalled(page.model(), QStringLiteral("store")).isValid());
        observed.sampler->stop(); // its events do not come
        QVERIFY(observed.node.stop_application("shop").has_value());
        auto* message = page.findChild<QLabel*>(QStringLiteral("applicationMessage"));
        QTRY_COMPARE(message->text(), QStringLiteral("Application shop has ended."));
        const auto loss = std::make_shared<EventBatch>();
        loss->lost = 1000;
        emit observed.sampler->eventsPolled(loss);
        QCOMPARE(message->text(), QStringLiteral("Application shop has ended. Why is not known: events were lost."));
    }

    void theLogIsFiltered() {
        Observed observed;
        LogPage page{*observed.sampler};
        show(page);
        observed.node.log(LogLevel::info, "one apple");
        observed.node.log(LogLevel::error, "two apples");
        auto* filter = page.findChild<QLineEdit*>(QStringLiteral("logFilter"));
        auto* level = page.findChild<QComboBox*>(QStringLiteral("logLevel"));
        page.activateWindow();
        filter->setFocus();
        QTRY_VERIFY(filter->hasFocus());
        QTest::keyClicks(filter, QStringLiteral("apple"));
        QTRY_COMPARE(page.model().rowCount(), 2);
        level->setCurrentText(QStringLiteral("error"));
        QCOMPARE(page.model().rowCount(), 1);
        QTest::keyClick(filter, Qt::Key_Escape);
        level->setCurrentText(QStringLiteral("debug"));
        QTRY_VERIFY(page.model().rowCount() > 2);
    }

    void aKillAndItsRestartAreLogged() {
        Observed observed;
        LogPage page{*observed.sampler};
        show(page);
        const Pid till = observed.node.whereis("till");
        observed.node.exit(till, ExitReason::kill());
        page.findChild<QLineEdit*>(QStringLiteral("logFilter"))->setText(QStringLiteral("shop_sup restarted till"));
        QTRY_COMPARE(page.model().rowCount(), 1);
        QVERIFY(page.model().line(0).text.contains(QString::fromStdString(to_string(till))));
    }
};

QTEST_MAIN(TestPages)
#include "tst_pages.moc"
