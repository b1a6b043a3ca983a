// SPDX-License-Identifier: GPL-3.0-or-later
#include <fiberscope/widgets/observer_window.hpp>

#include "model/child_request.hpp"
#include "model/supervision_model.hpp"
#include "view/applications_page.hpp"
#include "view/supervision_tree_view.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QAction>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QTest>
#include <QTimer>

#include <memory>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

namespace {

void waitForEver(Process& self) {
    self.receive(after(24h, [] {}));
}

/// From its first message on, does not end when it is asked to.
void lingerer(Process& self) {
    self.receive<int>();
    self.trap_exit(true);
    self.receive(on<Exit>([](const Exit&) {}));
    self.receive(after(24h, [] {}));
}

Application shop() {
    auto pool = Supervisor::simple_one_for_one()
                    .named("till_pool")
                    .child("till", waitForEver, {.restart = RestartType::temporary}, {.label = "till"});
    return Application{"shop", Supervisor::one_for_one({.intensity = 10, .period = 5s})
                                   .named("shop_sup")
                                   .child("store", waitForEver, {}, {.name = "store"})
                                   .child("clerk", lingerer, {.shutdown = Shutdown::infinity}, {.name = "clerk"})
                                   .child("pool", std::move(pool))};
}

SupervisedChild storeIn(ChildInfo::State state) {
    SupervisedChild child{Pid{0, 80, 0}, QStringLiteral("shop_sup"), {}, false};
    child.child.id = Term::atom("store");
    child.child.state = state;
    return child;
}

QString withoutTags(QString text) {
    text.remove(QRegularExpression{"<[^>]*>"});
    return text.replace("&lt;", "<").replace("&gt;", ">");
}

} // namespace

/// Children are terminated, restarted and deleted through their supervisor, from the tree.
class TestChildCommands : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_node = std::make_unique<Node>(NodeConfig{.name = "shop@localhost", .schedulers = 2});
        QVERIFY(m_node->start(shop()).has_value());
        m_till = **m_node->call("till_pool", StartChild{});
        m_window = std::make_unique<ObserverWindow>(*m_node, ObserverWindow::Remember::no);
        m_window->setRefreshInterval(0ms); // what is seen comes of the commands
        QVERIFY(m_window->setCurrentTab("applications"));
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTRY_VERIFY(nodeCalled("till").isValid());
    }
    void cleanup() {
        m_window.reset();
        m_node->stop();
        m_node.reset();
    }

    void aStoppedChildIsRestartedAndDeleted() {
        const Pid before = m_node->whereis("store");
        QCOMPARE(enabledRequests("store"), QStringList{"terminateChild"});
        choose("store", "terminateChild");
        QTRY_COMPARE(notice(), QStringLiteral("Child 'store' %1 of %2 terminated: ok. It stays stopped until it is restarted.")
                                   .arg(pidOf(before), supervisor()));
        QVERIFY(!m_node->is_alive(before));
        QTRY_VERIFY(!model().node(nodeCalled("store")).hasProcess());
        QCOMPARE(enabledRequests("store"), (QStringList{"restartChild", "deleteChild"}));

        choose("store", "restartChild");
        QTRY_VERIFY(model().node(nodeCalled("store")).hasProcess());
        const Pid after = m_node->whereis("store");
        QCOMPARE(notice(), QStringLiteral("Child 'store' of %1 restarted: {ok,%2}.").arg(supervisor(), pidOf(after)));

        choose("store", "terminateChild");
        QTRY_VERIFY(!model().node(nodeCalled("store")).hasProcess());
        choose("store", "deleteChild");
        QTRY_COMPARE(notice(),
                     QStringLiteral("Child 'store' of %1 deleted: ok. Its supervisor has forgotten it.").arg(supervisor()));
        QTRY_VERIFY(!nodeCalled("store").isValid());
    }

    void theTargetIsWhatItWasWhenTheMenuOpened() {
        const Pid store = m_node->whereis("store");
        open("store", [&](QMenu& opened) {
            // meanwhile somebody else terminates and deletes it
            QVERIFY(m_node->call("shop_sup", TerminateChild{Term::atom("store")}).has_value());
            QVERIFY(m_node->call("shop_sup", DeleteChild{Term::atom("store")}).has_value());
            opened.findChild<QAction*>("terminateChild")->trigger();
        });
        QTRY_COMPARE(notice(), QStringLiteral(
                                   "Terminate child 'store' %1 of %2 failed: {error,not_found}. There is no such child any more.")
                                   .arg(pidOf(store), supervisor()));
        QTRY_VERIFY(!nodeCalled("store").isValid());
    }

    void dynamicChildrenAreTerminatedByTheirPid() {
        open("till", [](QMenu& menu) {
            QVERIFY(menu.findChild<QAction*>("restartChild") == nullptr);
            QVERIFY(menu.findChild<QAction*>("deleteChild") == nullptr);
        });
        choose("till", "terminateChild");
        QTRY_COMPARE(
            notice(),
            QStringLiteral("Child %1 of till_pool %2 terminated: ok.").arg(pidOf(m_till), pidOf(m_node->whereis("till_pool"))));
        QTRY_VERIFY(!nodeCalled("till").isValid());
        QVERIFY(!m_node->is_alive(m_till));
    }

    void aSupervisorIsTerminatedAfterAsking() {
        const Pid pool = m_node->whereis("till_pool");
        choose("till_pool", "terminateChild");
        auto* question = m_window->findChild<QMessageBox*>("terminateQuestion");
        QVERIFY(question != nullptr);
        QVERIFY(question->text().startsWith(QStringLiteral("Terminate child 'pool' %1 of %2?").arg(pidOf(pool), supervisor())));
        QVERIFY(m_node->is_alive(m_till));
        QTest::mouseClick(question->findChild<QPushButton*>("terminateConfirmed"), Qt::LeftButton);
        QTRY_VERIFY(notice().startsWith(QStringLiteral("Child 'pool' %1 of %2 terminated: ok.").arg(pidOf(pool), supervisor())));
        QVERIFY(!m_node->is_alive(m_till));
        QTRY_VERIFY(!nodeCalled("till").isValid());
    }

    void aSlowSupervisorBlocksNobody() {
        const Pid clerk = m_node->whereis("clerk");
        m_node->send(clerk, 1);
        QVERIFY(m_node->wait_until_quiet(5s));
        choose("clerk", "terminateChild");
        QTRY_VERIFY(notice().endsWith(QStringLiteral("asked, no answer yet")));
        QVERIFY(m_node->is_alive(clerk));
        m_node->exit(clerk, ExitReason::kill());
        QTRY_VERIFY(
            notice().startsWith(QStringLiteral("Child 'clerk' %1 of %2 terminated: ok.").arg(pidOf(clerk), supervisor())));
    }

    void theFileMenuActsOnTheSelectedChild() {
        auto* tree = this->tree();
        const auto action = [this](const char* name) { return m_window->findChild<QAction*>(name); };
        QVERIFY(!action("treeTerminateChild")->isEnabled() && !action("treeKill")->isEnabled());
        tree->setFocus();
        QTest::keyClick(tree, Qt::Key_Home);
        QVERIFY(!action("treeTerminateChild")->isEnabled() && action("treeKill")->isEnabled());
        QTest::keyClick(tree, Qt::Key_Right);
        QTest::keyClick(tree, Qt::Key_Right);
        QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral("store"));
        QVERIFY(action("treeTerminateChild")->isEnabled() && !action("treeRestartChild")->isEnabled());
        action("treeTerminateChild")->trigger();
        QTRY_VERIFY(action("treeRestartChild")->isEnabled() && !action("treeKill")->isEnabled());
        action("treeRestartChild")->trigger();
        QTRY_VERIFY(action("treeKill")->isEnabled());
    }

    void refreshReadsTheTree() {
        QVERIFY(m_node->call("shop_sup", TerminateChild{Term::atom("store")}).has_value());
        m_window->refreshAction()->trigger();
        QTRY_VERIFY(!model().node(nodeCalled("store")).hasProcess());
    }

    void answersReadInPlainWordsAndOtpsTerms_data() {
        QTest::addColumn<bool>("isAnswered");
        QTest::addColumn<QString>("term");
        QTest::addColumn<QString>("text");
        const QString failed = QStringLiteral("Restart child 'store' of shop_sup <0.80.0> failed: ");
        QTest::newRow("running") << true << "running" << failed + "{error,running}. It is running.";
        QTest::newRow("restarting") << true << "restarting" << failed + "{error,restarting}. It is being restarted.";
        QTest::newRow("not_found") << true << "not_found" << failed + "{error,not_found}. There is no such child any more.";
        QTest::newRow("start failed") << true << "{error,\"no disk\"}"
                                      << failed + "{error,{error,\"no disk\"}}. It did not start.";
        QTest::newRow("noproc") << false << "noproc" << failed + "exit noproc. There is no such supervisor any more.";
        QTest::newRow("ended") << false << "shutdown" << failed + "exit shutdown. The supervisor ended before it answered.";
    }
    void answersReadInPlainWordsAndOtpsTerms() {
        QFETCH(bool, isAnswered);
        QFETCH(QString, term);
        QFETCH(QString, text);
        const ChildAnswer answer{isAnswered, *Term::parse(term.toStdString()), {}};
        QCOMPARE(
            withoutTags(answerText(ChildRequest::restart, storeIn(ChildInfo::State::running), answer).replace("&quot;", "\"")),
            text);
    }

    void whatMakesNoSenseSaysWhy() {
        using State = ChildInfo::State;
        QVERIFY(isPossible(ChildRequest::terminate, storeIn(State::restarting)));
        QVERIFY(!isPossible(ChildRequest::restart, storeIn(State::restarting)));
        QCOMPARE(requestExplanation(ChildRequest::remove, storeIn(State::running)),
                 QStringLiteral("It is running: terminate it first"));
        SupervisedChild dynamic = storeIn(State::restarting);
        dynamic.isDynamic = true;
        QVERIFY(!isPossible(ChildRequest::terminate, dynamic));
        QCOMPARE(requestExplanation(ChildRequest::terminate, dynamic), QStringLiteral("It has no pid at the moment"));
    }

private:
    static QString pidOf(Pid pid) { return QString::fromStdString(to_string(pid)); }
    SupervisionModel& model() const { return m_window->findChild<ApplicationsPage*>()->model(); }
    SupervisionTreeView* tree() const { return m_window->findChild<SupervisionTreeView*>(); }
    QString supervisor() const { return "shop_sup " + pidOf(m_node->whereis("shop_sup")); }
    QString notice() const { return withoutTags(m_window->findChild<QLabel*>("deedNoticeText")->text()); }

    QModelIndex nodeCalled(const QString& title) const {
        const QModelIndexList found =
            model().match(model().index(0, 0), Qt::DisplayRole, title, 1, Qt::MatchExactly | Qt::MatchRecursive);
        return found.value(0);
    }
    /// Opens the menu of a box by the right mouse button, and closes it.
    template <class Look>
    void open(const QString& title, Look look) {
        tree()->setCurrentIndex(nodeCalled(title));
        const QPoint position = tree()->visualRect(nodeCalled(title)).center();
        QTimer::singleShot(0, this, [look] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            QVERIFY(menu != nullptr);
            look(*menu);
            menu->close();
        });
        QContextMenuEvent event{QContextMenuEvent::Mouse, position, tree()->viewport()->mapToGlobal(position)};
        QApplication::sendEvent(tree()->viewport(), &event);
    }
    void choose(const QString& title, const QString& request) {
        open(title, [&](QMenu& menu) {
            auto* action = menu.findChild<QAction*>(request);
            QVERIFY(action != nullptr && action->isEnabled());
            action->trigger();
        });
    }
    QStringList enabledRequests(const QString& title) {
        QStringList names;
        open(title, [&](QMenu& menu) {
            for (const char* name : {"terminateChild", "restartChild", "deleteChild"})
                if (menu.findChild<QAction*>(name)->isEnabled())
                    names.append(name);
        });
        return names;
    }

    std::unique_ptr<Node> m_node;
    std::unique_ptr<ObserverWindow> m_window;
    Pid m_till;
};

QTEST_MAIN(TestChildCommands)
#include "tst_child_commands.moc"
