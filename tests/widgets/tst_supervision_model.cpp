// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/supervision_model.hpp"
#include "view/tree_layout.hpp"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <random>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

const Pid master{0, 80, 0};
const Pid top{0, 90, 0};

ChildInfo childOf(Term id, std::uint32_t slot) {
    ChildInfo child;
    child.id = std::move(id);
    child.pid = Pid{0, slot, 0};
    child.state = ChildInfo::State::running;
    return child;
}

SupervisorInfo familyOf(std::uint32_t count, std::uint32_t firstSlot = 100) {
    SupervisorInfo info;
    for (std::uint32_t i = 0; i < count; ++i)
        info.children.push_back(childOf(Atom{"child_" + std::to_string(i)}, firstSlot + i));
    return info;
}

SupervisionFramePtr frameOf(SupervisorInfo info) {
    auto frame = std::make_shared<SupervisionFrame>();
    frame->applications.push_back({Atom{"kv"}, "a store", RestartType::temporary, master, top});
    frame->names = std::make_shared<SupervisionNames>(SupervisionNames{{top, QStringLiteral("kv_sup")}});
    frame->supervisors[top] = std::make_shared<const SupervisorInfo>(std::move(info));
    return frame;
}

QString factsOf(const SupervisionNode& node) {
    QString text;
    for (const auto& [name, value] : node.facts())
        text += value;
    return text;
}

/// A model that shows the application `kv`, tested at every change.
struct Shown {
    SupervisionModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};

    explicit Shown(SupervisorInfo info) {
        model.setApplication(Atom{"kv"});
        model.setFrame(frameOf(std::move(info)));
    }
    SupervisionHits search(const QString& text) const {
        const std::atomic<bool> goOn{false};
        return fiberscope::widgets::search(model.frame(), Atom{"kv"}, {text, {}}, goOn);
    }
    QModelIndexList reveal(const QString& text) { return model.reveal(search(text)); }
    QModelIndex supervisor() const { return model.index(0, 0, model.index(0, 0)); }
    QStringList titles() const {
        QStringList titles;
        for (int row = 0; row < model.rowCount(supervisor()); ++row)
            titles.append(model.index(row, 0, supervisor()).data().toString());
        return titles;
    }
};

} // namespace

/// The tree changes by what changed, and a child stays the same node through its restarts.
class TestSupervisionModel : public QObject {
    Q_OBJECT

private slots:
    void theTreeStartsAtTheMaster() {
        Shown shown{familyOf(3)};
        QCOMPARE(shown.model.rowCount(), 1);
        QCOMPARE(shown.model.node(shown.model.index(0, 0)).kind, SupervisionNode::Kind::master);
        QCOMPARE(shown.supervisor().data().toString(), QStringLiteral("kv_sup"));
        QCOMPARE(shown.titles(), (QStringList{"child_0", "child_1", "child_2"}));
        shown.model.setApplication(Atom{"other"});
        QCOMPARE(shown.model.rowCount(), 0);
    }

    void aRestartChangesOneNode() {
        SupervisorInfo info = familyOf(3);
        Shown shown{info};
        const QPersistentModelIndex second{shown.model.index(1, 0, shown.supervisor())};
        QSignalSpy changed{&shown.model, &QAbstractItemModel::dataChanged};
        QSignalSpy inserted{&shown.model, &QAbstractItemModel::rowsInserted};
        QSignalSpy removed{&shown.model, &QAbstractItemModel::rowsRemoved};
        info.children[1].pid = Pid{0, 500, 0};
        info.children[1].restarts = 1;
        info.children[1].last_exit_reason = Atom{"killed"};
        shown.model.setFrame(frameOf(info));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(inserted.size() + removed.size(), 0);
        const auto restart = shown.model.recentRestart(second);
        QVERIFY(restart);
        QVERIFY((restart->oldPid == Pid{0, 101, 0}));
        QVERIFY((shown.model.node(second).pid == Pid{0, 500, 0}));
        QCOMPARE(shown.model.node(second).restartsMade(), QStringLiteral("restarted once"));
        QCOMPARE(shown.model.node(second).lastExit(), QStringLiteral("last exit: killed"));
        shown.model.setFrame(frameOf(info));
        QCOMPARE(changed.size(), 1);
    }

    void aRestartIsToldAlsoWhenTheChildWasSeenWithoutProcess() {
        SupervisorInfo info = familyOf(1);
        Shown shown{info};
        info.children[0].pid = {};
        info.children[0].state = ChildInfo::State::restarting;
        shown.model.setFrame(frameOf(info));
        QVERIFY(shown.model.node(shown.model.index(0, 0, shown.supervisor())).identity().contains(QStringLiteral("restarting")));
        info.children[0].pid = Pid{0, 7, 0};
        info.children[0].state = ChildInfo::State::running;
        shown.model.setFrame(frameOf(info));
        const auto restart = shown.model.recentRestart(shown.model.index(0, 0, shown.supervisor()));
        QVERIFY(restart);
        QVERIFY((restart->oldPid == Pid{0, 100, 0}));
    }

    void aSupervisorAboutToGiveUpIsWarnedOf() {
        SupervisorInfo info = familyOf(1);
        info.intensity = 3;
        info.period_s = 5;
        info.restarts_in_period = 2;
        info.restarts = 2;
        Shown shown{info};
        QVERIFY(!shown.model.node(shown.supervisor()).isAboutToGiveUp());
        QVERIFY(shown.model.node(shown.supervisor()).usage().startsWith(QStringLiteral("2 of 3 in 5 s")));
        info.restarts_in_period = 3;
        shown.model.setFrame(frameOf(info));
        QVERIFY(shown.model.node(shown.supervisor()).isAboutToGiveUp());
    }

    void aSupervisorThatAllowsNoRestartIsNoReasonToWarn() {
        SupervisorInfo info = familyOf(1);
        info.intensity = 0;
        Shown shown{info};
        QVERIFY(!shown.model.node(shown.supervisor()).isAboutToGiveUp());
        QVERIFY(shown.supervisor().data(Qt::ToolTipRole).toString().contains(QStringLiteral("Allows none")));
        info.restarts_in_period = 1;
        shown.model.setFrame(frameOf(info));
        QVERIFY(shown.model.node(shown.supervisor()).isAboutToGiveUp());
        QVERIFY(shown.model.node(shown.supervisor()).usage().startsWith(QStringLiteral("gives up now")));
    }

    void tooltipsTellWhatASupervisorKnows() {
        SupervisorInfo info = familyOf(1);
        info.strategy = Strategy::rest_for_one;
        info.intensity = 2;
        info.period_s = 7;
        info.restarts_in_period = 2;
        info.children[0].restart = RestartType::transient;
        info.children[0].shutdown = "500";
        Shown shown{info};
        const auto tip = [&](const QModelIndex& index) {
            return shown.model.data(index, Qt::AccessibleDescriptionRole).toString();
        };
        const QString child = tip(shown.model.index(0, 0, shown.supervisor()));
        QVERIFY(child.contains(QStringLiteral("Restart type: transient: restarted unless")));
        QVERIFY(child.contains(QStringLiteral("Shutdown: 500 ms: asked to end, killed if")));
        const QString supervisor = tip(shown.supervisor());
        QVERIFY(supervisor.contains(QStringLiteral("Strategy: rest_for_one: ")));
        QVERIFY(supervisor.contains(QStringLiteral("Intensity used: 2 of 2 in 7 s")));
        QVERIFY(supervisor.contains(QStringLiteral("Warning: The next restart within 7 s is one too many")));
    }

    void childrenAreNamedToTheirSupervisor() {
        SupervisorInfo info = familyOf(1);
        Shown shown{info};
        QVERIFY(!shown.model.supervisedChild({}));
        QVERIFY(!shown.model.supervisedChild(shown.supervisor()));
        const QModelIndex first = shown.model.index(0, 0, shown.supervisor());
        const auto child = shown.model.supervisedChild(first);
        QVERIFY(child);
        QVERIFY(child->supervisor == top && child->key() == Term::atom("child_0"));
        QCOMPARE(child->supervisorName, QStringLiteral("kv_sup"));
        QCOMPARE(child->text(), QStringLiteral("'child_0'"));
        info.strategy = Strategy::simple_one_for_one;
        shown.model.setFrame(frameOf(info));
        const auto dynamic = shown.model.supervisedChild(shown.model.index(0, 0, shown.supervisor()));
        QVERIFY((dynamic && dynamic->key() == Term{Pid{0, 100, 0}}));
        QCOMPARE(dynamic->text(), QStringLiteral("<0.100.0>"));
    }

    void childrenComeGoAndMoveInRuns() {
        SupervisorInfo info = familyOf(10);
        Shown shown{info};
        QSignalSpy removed{&shown.model, &QAbstractItemModel::rowsRemoved};
        info.children.erase(info.children.begin() + 2, info.children.begin() + 6);
        shown.model.setFrame(frameOf(info));
        QCOMPARE(removed.size(), 1);
        std::rotate(info.children.begin(), info.children.end() - 1, info.children.end());
        shown.model.setFrame(frameOf(info));
        QCOMPARE(shown.titles(), (QStringList{"child_9", "child_0", "child_1", "child_6", "child_7", "child_8"}));
    }

    void randomFamiliesStayConsistent() {
        std::mt19937 random{7};
        SupervisorInfo info = familyOf(20);
        Shown shown{info};
        std::uint32_t next = 20;
        for (int round = 0; round < 500; ++round) {
            const auto at = static_cast<std::ptrdiff_t>(random() % (info.children.size() + 1));
            switch (random() % 4) {
            case 0:
                info.children.insert(info.children.begin() + at, childOf(Atom{"child_" + std::to_string(next)}, 1000 + next)),
                    ++next;
                break;
            case 1:
                if (at < std::ssize(info.children))
                    info.children.erase(info.children.begin() + at);
                break;
            case 2: std::shuffle(info.children.begin(), info.children.end(), random); break;
            default:
                if (at < std::ssize(info.children))
                    info.children[static_cast<std::size_t>(at)].pid = Pid{0, 5000 + next++, 0};
            }
            shown.model.setFrame(frameOf(info));
            QStringList expected;
            for (const ChildInfo& child : info.children)
                expected.append(QString::fromStdString(to_string(child.id)));
            if (info.children.size() <= SupervisionModel::firstShown)
                QCOMPARE(shown.titles(), expected);
        }
    }

    void aBigFamilyIsCutAndShownOnDemand() {
        Shown shown{familyOf(10'000)};
        QCOMPARE(shown.titles().size(), static_cast<qsizetype>(SupervisionModel::firstShown) + 1);
        const QModelIndex more = shown.model.index(static_cast<int>(SupervisionModel::firstShown), 0, shown.supervisor());
        QCOMPARE(more.data().toString(), QStringLiteral("+ 9,960 more"));
        shown.model.showMore(more);
        QCOMPARE(shown.titles().last(), QStringLiteral("+ 8,960 more"));
    }

    void whatIsHiddenIsFoundAndGetsANode() {
        Shown shown{familyOf(10'000)};
        const QModelIndexList found = shown.reveal(QStringLiteral("child_9123"));
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.front().data().toString(), QStringLiteral("child_9123"));
        QCOMPARE(shown.titles().size(), static_cast<qsizetype>(SupervisionModel::firstShown) + 2);
        QCOMPARE(shown.titles().last(), QStringLiteral("+ 9,959 more"));
        const QPersistentModelIndex kept{found.front()};
        QCOMPARE(shown.reveal(QStringLiteral("child_9123")).front(), QModelIndex{kept});
        shown.model.hideFound(kept);
        QVERIFY(kept.isValid());
        shown.model.hideFound();
        QVERIFY(!kept.isValid());
        QCOMPARE(shown.titles().size(), static_cast<qsizetype>(SupervisionModel::firstShown) + 1);
    }

    void whatIsFoundStandsInStartOrder() {
        Shown shown{familyOf(600)};
        QStringList titles;
        for (const QModelIndex& index : shown.reveal(QStringLiteral("child_50")))
            titles.append(index.data().toString());
        QStringList expected{QStringLiteral("child_50")};
        for (int number = 500; number < 510; ++number)
            expected.append(QStringLiteral("child_%1").arg(number));
        QCOMPARE(titles, expected);
        QCOMPARE(shown.titles().mid(static_cast<qsizetype>(SupervisionModel::firstShown), titles.size()), expected);
    }

    void manyHitsAreCountedAndTheFirstShown() {
        Shown shown{familyOf(50'000)};
        const auto hits = shown.search(QStringLiteral("CHILD"));
        QCOMPARE(hits.count, 50'000ULL);
        QCOMPARE(shown.model.reveal(hits).size(), static_cast<qsizetype>(SupervisionHits::mostPaths));
        QCOMPARE(shown.titles().size(), static_cast<qsizetype>(SupervisionHits::mostPaths) + 1);
    }

    void aHiddenChildOfAHiddenSupervisorIsFound() {
        SupervisorInfo info = familyOf(300, 1000);
        for (ChildInfo& child : info.children)
            child.type = ChildType::supervisor;
        Shown shown{info};
        auto frame = std::make_shared<SupervisionFrame>(*frameOf(info));
        for (const ChildInfo& child : info.children) {
            SupervisorInfo family;
            for (std::uint32_t i = 0; i < 100; ++i)
                family.children.push_back(childOf(Term{i}, 10'000 + child.pid.slot() * 100 + i));
            frame->supervisors[child.pid] = std::make_shared<const SupervisorInfo>(std::move(family));
        }
        shown.model.setFrame(frame);
        const QModelIndexList found = shown.reveal(QStringLiteral("<0.%1.0>").arg(10'000 + 1250 * 100 + 99));
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.front().data().toString(), QStringLiteral("99"));
        QCOMPARE(found.front().parent().data().toString(), QStringLiteral("child_250"));
    }

    void whoeverIsRegisteredIsFoundByItsNameEverywhere() {
        Shown shown{familyOf(1000)};
        const std::atomic<bool> goOn{false};
        const SupervisionQuery query{QStringLiteral("till"), Pid{0, 100 + 777, 0}};
        const QModelIndexList found =
            shown.model.reveal(fiberscope::widgets::search(shown.model.frame(), Atom{"kv"}, query, goOn));
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.front().data().toString(), QStringLiteral("child_777"));
    }

    void whatIsFoundStaysWhileItsFamilyChanges() {
        SupervisorInfo info = familyOf(1000);
        Shown shown{info};
        const QPersistentModelIndex found{shown.reveal(QStringLiteral("child_900")).front()};
        info.children.erase(info.children.begin() + 50, info.children.begin() + 60);
        info.children[3].pid = Pid{0, 9999, 0};
        shown.model.setFrame(frameOf(info));
        QVERIFY(found.isValid());
        QCOMPARE(found.data().toString(), QStringLiteral("child_900"));
        info.children.erase(info.children.begin() + 890);
        shown.model.setFrame(frameOf(info));
        QVERIFY(!found.isValid());
    }

    void namesAreLearntWhereTheFamilySaysTheSame() {
        Shown shown{familyOf(30)};
        QSignalSpy changed{&shown.model, &QAbstractItemModel::dataChanged};
        auto frame = std::make_shared<SupervisionFrame>(*shown.model.frame());
        frame->names = std::make_shared<SupervisionNames>(
            SupervisionNames{{top, QStringLiteral("kv_sup")}, {Pid{0, 105, 0}, QStringLiteral("till")}});
        shown.model.setFrame(frame);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(shown.titles()[5], QStringLiteral("till"));
    }

    void suspensionIsTold() {
        Shown shown{familyOf(3)};
        const QModelIndex second = shown.model.index(1, 0, shown.supervisor());
        QSignalSpy changed{&shown.model, &QAbstractItemModel::dataChanged};
        const QSet<Pid> both{Pid{0, 100, 0}, Pid{0, 101, 0}};
        shown.model.setSuspended(both, {Pid{0, 101, 0}});
        QCOMPARE(changed.size(), 1);
        QVERIFY(shown.model.node(second).identity().contains(QStringLiteral("suspended")));
        QVERIFY(second.data(Qt::ToolTipRole).toString().contains(QStringLiteral("Suspended")));
        SupervisorInfo info = familyOf(3);
        info.restarts = 1;
        shown.model.setFrame(frameOf(info));
        QVERIFY(shown.model.node(second).isSuspended);
        shown.model.setSuspended(both, {});
        QVERIFY(!shown.model.node(second).isSuspended);
    }

    void linesAreCountedWithoutTheirTexts() {
        SupervisorInfo info = familyOf(4);
        info.children[1].restarts = 3;
        info.children[1].last_exit_reason = Atom{"killed"};
        info.children[2].restart = RestartType::temporary;
        info.children[3].pid = {};
        info.children[3].state = ChildInfo::State::stopped;
        info.restarts = 3;
        Shown shown{info};
        const auto check = [&](const QModelIndex& index) {
            const SupervisionNode& node = shown.model.node(index);
            int lines = 0;
            for (const QString& text : {node.identity(), node.usage(), node.restartsMade(), node.lastExit()})
                lines += text.isEmpty() ? 0 : 1;
            QCOMPARE(node.lineCount(), lines);
        };
        check(shown.model.index(0, 0));
        check(shown.supervisor());
        for (int row = 0; row < 4; ++row)
            check(shown.model.index(row, 0, shown.supervisor()));
    }

    void dynamicChildrenAreKnownByTheirPid() {
        SupervisorInfo info;
        info.strategy = Strategy::simple_one_for_one;
        for (std::uint32_t slot = 1; slot <= 3; ++slot)
            info.children.push_back(childOf({}, slot));
        Shown shown{info};
        info.children.erase(info.children.begin() + 1);
        shown.model.setFrame(frameOf(info));
        QCOMPARE(shown.titles(), (QStringList{"<0.1.0>", "<0.3.0>"}));
    }

    void dynamicChildrenWithoutProcessAreAllShown() {
        SupervisorInfo info;
        info.strategy = Strategy::simple_one_for_one;
        for (std::uint32_t slot = 1; slot <= 4; ++slot)
            info.children.push_back(childOf({}, slot));
        Shown shown{info};
        for (const std::size_t restarting : {1U, 3U}) {
            info.children[restarting].pid = {};
            info.children[restarting].state = ChildInfo::State::restarting;
            shown.model.setFrame(frameOf(info));
        }
        QCOMPARE(shown.titles(), (QStringList{"<0.1.0>", "no process", "<0.3.0>", "no process"}));
        info.children[1].pid = Pid{0, 9, 0};
        shown.model.setFrame(frameOf(info));
        QCOMPARE(shown.titles(), (QStringList{"<0.1.0>", "<0.9.0>", "<0.3.0>", "no process"}));
    }

    void textsAreOneLineAndStayByThemselves() {
        SupervisorInfo info = familyOf(2);
        info.children[0].id = Term::string("two\nlines\x1b[31m");
        info.children[0].last_exit_reason = Term::string("a\nreason");
        info.children[1].id = Term::string("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d");
        Shown shown{info};
        const QModelIndex first = shown.model.index(0, 0, shown.supervisor());
        for (const QString& text : {shown.titles().front(), shown.model.node(first).lastExit(),
                                    shown.model.node(first).identity(), factsOf(shown.model.node(first))})
            QVERIFY(std::none_of(text.begin(), text.end(), [](QChar each) { return each.unicode() < 32; }));
        QCOMPARE(shown.titles().last(), QStringLiteral("\"\u200E\u2068\u05e9\u05dc\u05d5\u05dd\u2069\""));
    }

    void whatTurnsADirectionIsEscaped() {
        SupervisorInfo info = familyOf(1);
        info.children[0].id = Term::string("a\xe2\x80\xae"
                                           "b\xe2\x81\xa9"
                                           "c"); // RIGHT-TO-LEFT OVERRIDE, POP DIRECTIONAL ISOLATE
        Shown shown{info};
        QCOMPARE(shown.titles().front(), QStringLiteral("\"a\\x202eb\\x2069c\""));
    }

    void boxesOfAColumnStandClose() {
        TreeLayout layout; // a family of five, the last of whom has eight
        layout.add(-1, {80, 30});
        for (int i = 0; i < 5; ++i)
            layout.add(0, {80, 30});
        for (int i = 0; i < 8; ++i)
            layout.add(5, {80, 30});
        layout.place(600);
        const auto& boxes = layout.boxes();
        for (std::size_t i = 2; i <= 5; ++i)
            QCOMPARE(boxes[i].rect.top(), boxes[i - 1].rect.bottom() + 1 + TreeLayout::rowGap);
        QVERIFY(layout.extent().height() < 9 * (30 + TreeLayout::rowGap) + 2 * TreeLayout::margin);
    }

    void aParentSlidesAlongItsFamily() {
        TreeLayout layout;
        layout.add(-1, {80, 30});
        layout.add(0, {80, 30});
        for (int i = 0; i < 10'000; ++i)
            layout.add(1, {80, 30});
        layout.add(0, {80, 30}); // a sibling, out of whose way it goes
        layout.place(600);
        for (int y = 0; y + 600 < layout.extent().height(); y += 997) {
            const QRect view{0, y, 500, 600};
            const auto shown = layout.boxesIn(view);
            QVERIFY(shown.size() < 30);
            QVERIFY(std::count(shown.begin(), shown.end(), 0) == 1 && view.contains(layout.rectIn(0, view)));
            QCOMPARE(layout.boxAt(layout.rectIn(0, view).center(), view), 0);
            QVERIFY(!layout.parentsIn(view).empty());
            for (const int left : shown)
                for (const int right : shown)
                    QVERIFY(left == right || !layout.rectIn(left, view).intersects(layout.rectIn(right, view)));
        }
    }

    void boxesDoNotOverlap() {
        std::mt19937 random{3};
        TreeLayout layout;
        layout.add(-1, {80, 30});
        for (int i = 1; i < 300; ++i) {
            // pre-order: the parent is the last box or one of its ancestors
            int parent = i - 1;
            for (auto up = random() % 3; up > 0 && layout.boxes()[static_cast<std::size_t>(parent)].parent >= 0; --up)
                parent = layout.boxes()[static_cast<std::size_t>(parent)].parent;
            layout.add(parent, {60 + static_cast<int>(random() % 80), 25 + static_cast<int>(random() % 30)});
        }
        layout.place(600);
        const auto& boxes = layout.boxes();
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            QVERIFY(boxes[i].rect.top() >= 0);
            QCOMPARE(layout.boxAt(boxes[i].rect.center(), QRect{{0, 0}, layout.extent()}), static_cast<int>(i));
            for (std::size_t j = i + 1; j < boxes.size(); ++j)
                QVERIFY(!boxes[i].rect.intersects(boxes[j].rect));
        }
    }
};

QTEST_GUILESS_MAIN(TestSupervisionModel)
#include "tst_supervision_model.moc"
