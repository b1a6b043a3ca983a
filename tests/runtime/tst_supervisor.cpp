// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "supervised_world.hpp"

#include <set>

using namespace supervision;

namespace {

const Term boom = Term::atom("boom");

} // namespace

// Rules (S01, ...) are those of OTP's supervisor; each test runs on 1, 2 and 4 schedulers.
class SupervisorTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_world_rows(); }

    // -- restart decisions (S05) ----

    void restart_type_and_exit_reason_data() {
        QTest::addColumn<int>("type");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<bool>("restarted");
        QTest::addColumn<QString>("children");
        const auto row = [](const char* name, RestartType type, const char* reason, bool restarted, const char* children) {
            QTest::newRow(name) << static_cast<int>(type) << QString{reason} << restarted << QString{children};
        };
        row("permanent_normal", RestartType::permanent, "normal", true, "c1 running, c2 running");
        row("permanent_shutdown", RestartType::permanent, "shutdown", true, "c1 running, c2 running");
        row("permanent_shutdown_term", RestartType::permanent, "{shutdown,x}", true, "c1 running, c2 running");
        row("permanent_abnormal", RestartType::permanent, "boom", true, "c1 running, c2 running");
        row("transient_normal", RestartType::transient, "normal", false, "c1 stopped, c2 running");
        row("transient_shutdown", RestartType::transient, "shutdown", false, "c1 stopped, c2 running");
        row("transient_shutdown_term", RestartType::transient, "{shutdown,x}", false, "c1 stopped, c2 running");
        row("transient_abnormal", RestartType::transient, "boom", true, "c1 running, c2 running");
        row("temporary_normal", RestartType::temporary, "normal", false, "c2 running");
        row("temporary_shutdown", RestartType::temporary, "shutdown", false, "c2 running");
        row("temporary_abnormal", RestartType::temporary, "boom", false, "c2 running");
    }
    void restart_type_and_exit_reason() {
        QFETCH_GLOBAL(int, schedulers);
        QFETCH(int, type);
        QFETCH(QString, reason);
        QFETCH(bool, restarted);
        QFETCH(QString, children);
        for (const auto& make : {&Supervisor::one_for_one, &Supervisor::one_for_all, &Supervisor::rest_for_one}) {
            World world{schedulers};
            const Result<Pid> top = world.start(make({})
                                                    .child("c1", world.worker("c1"), {.restart = static_cast<RestartType>(type)})
                                                    .child("c2", world.worker("c2")));
            QVERIFY(top.has_value());
            const Pid second = world.pid("c2");
            const Pid old = world.die("c1", *Term::parse(reason.toStdString()));
            compare(world.children(*top), children.toUtf8().constData());
            QCOMPARE(static_cast<bool>(world.pid("c1")), restarted);
            QVERIFY(world.pid("c1") != old);
            if (make == &Supervisor::one_for_one || !restarted)
                QCOMPARE(world.pid("c2"), second);
            else
                QVERIFY(world.pid("c2") != second);
        }
    }

    // -- strategies (S08) ----

    void one_for_one() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(three_children(world, Supervisor::one_for_one({.intensity = 3})));
        compare(world.notes(), "start c1, start c2, start c3");
        world.die("c2", boom);
        compare(world.notes(), "terminate c2 boom, start c2");
        compare(world.children(*top), "c1 running, c2 running, c3 running");
    }
    void one_for_all() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(three_children(world, Supervisor::one_for_all({.intensity = 3})));
        world.notes();
        world.die("c2", boom);
        compare(world.notes(), "terminate c2 boom, terminate c3 shutdown, terminate c1 shutdown, start c1, start c2, start c3");
        compare(world.children(*top), "c1 running, c2 running, c3 running");
    }
    void rest_for_one() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(three_children(world, Supervisor::rest_for_one({.intensity = 3})).child("c4", world.worker("c4")));
        world.notes();
        world.die("c2", boom);
        compare(world.notes(), "terminate c2 boom, terminate c4 shutdown, terminate c3 shutdown, start c2, start c3, start c4");
        world.die("c4", boom);
        compare(world.notes(), "terminate c4 boom, start c4");
        compare(world.children(*top), "c1 running, c2 running, c3 running, c4 running");
    }
    void temporary_bystander() { // S09
        QFETCH_GLOBAL(int, schedulers);
        for (const auto& make : {&Supervisor::one_for_all, &Supervisor::rest_for_one}) {
            World world{schedulers};
            const auto top = world.start(make({})
                                             .child("c1", world.worker("c1"))
                                             .child("c2", world.worker("c2"), {.restart = RestartType::temporary})
                                             .child("c3", world.worker("c3")));
            world.notes();
            world.die("c1", boom);
            compare(world.notes(), "terminate c1 boom, terminate c3 shutdown, terminate c2 shutdown, start c1, start c3");
            compare(world.children(*top), "c1 running, c3 running");
        }
    }
    void a_group_restart_starts_those_that_had_ended_well() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_all()
                                         .child("c1", world.worker("c1"), {.restart = RestartType::transient})
                                         .child("c2", world.worker("c2")));
        world.die("c1", Term::atom("normal"));
        compare(world.children(*top), "c1 stopped, c2 running");
        world.die("c2", boom);
        compare(world.children(*top), "c1 running, c2 running");
        QCOMPARE(world.events(EventKind::restart).size(), std::size_t{1}); // c1's start replaces nobody
    }

    // -- starts ----

    void a_failed_start_stops_those_before_it() { // S03
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one()
                                         .child("c1", world.worker("c1"))
                                         .child("c2", world.worker("c2"))
                                         .child("c3", world.worker("c3", true, {{Script::Step::fail}}))
                                         .child("c4", world.worker("c4")));
        compare(text_of(top), "{shutdown,{failed_to_start_child,c3,no}}");
        compare(world.notes(), "start c1, start c2, nostart c3, terminate c2 shutdown, terminate c1 shutdown");
        QVERIFY(!world.me->receive_for<Exit>(0s).has_value());
    }
    void bad_specs_are_refused() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        compare(text_of(world.start(Supervisor::one_for_one({.intensity = 1, .period = 0s}))),
                "{supervisor_data,{invalid_period,0}}");
        compare(text_of(world.start(Supervisor::one_for_one().child("c1", world.worker("c1")).child("c1", world.worker("c1")))),
                "{start_spec,{duplicate_child_name,c1}}");
        compare(text_of(world.start(Supervisor::one_for_one().child("c1", world.worker("c1"), {.shutdown = Shutdown{-5ms}}))),
                "{start_spec,{invalid_shutdown,-5}}");
        compare(text_of(world.start(Supervisor::one_for_one().child("c1", world.worker("c1"), {.shutdown = Shutdown{-1ns}}))),
                "{start_spec,{invalid_shutdown,0}}");
        compare(world.notes(), "");
    }
    void a_child_that_answers_ignore() { // S04
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const Script ignoring{{Script::Step::ignore}};
        const auto top = world.start(Supervisor::one_for_one()
                                         .child("c1", world.worker("c1", true, ignoring))
                                         .child("c2", world.worker("c2"))
                                         .child("c3", world.worker("c3", true, ignoring), {.restart = RestartType::temporary}));
        compare(world.children(*top), "c1 stopped, c2 running");
        compare(text_of(world.me->try_call(*top, RestartChild{Atom{"c1"}})), "ok undefined");
        compare(text_of(world.me->try_call(*top, DeleteChild{Atom{"c1"}})), "ok");
        compare(world.children(*top), "c2 running");
    }
    void plain_processes_are_children_too() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(
            Supervisor::one_for_one().child("p", [](Process& self) { self.exit(self.receive<Term>()); }, {}, {.name = "p"}));
        QVERIFY(top.has_value());
        const Pid old = world.pid("p");
        world.me->send(old, boom);
        QVERIFY(world.settle());
        QVERIFY(world.pid("p") && world.pid("p") != old);
    }

    // -- requests (S14, S15) ----

    void child_adm() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one().child("c1", world.worker("c1")));
        const auto start = [&](const char* id, ServerSpec spec, ChildOptions options = {}) {
            return text_of(world.me->try_call(*top, StartChild{std::make_shared<const ChildSpec>(
                                                        ChildSpec{Atom{id}, std::move(spec), {}, nullptr, nullptr, options})}));
        };
        compare(start("c2", world.worker("c2"), {.restart = RestartType::transient}), "ok");
        compare(start("c1", world.worker("x")), ("{already_started," + to_string(world.pid("c1")) + "}").c_str());
        world.die("c2", Term::atom("normal"));
        compare(start("c2", world.worker("c2")), "already_present");
        compare(start("c3", world.worker("c3", true, {{Script::Step::fail}})), "{no,{child,c3}}");
        compare(start("c4", world.worker("c4", true, {{Script::Step::ignore}})), "ok undefined");
        compare(start("c5", world.worker("c5"), {.restart = RestartType::temporary}), "ok");
        compare(world.children(*top), "c1 running, c2 stopped, c4 stopped, c5 running");
        const CountChildren::Counts counts = *world.me->try_call(*top, CountChildren{});
        QCOMPARE(counts.specs, 4U);
        QCOMPARE(counts.active, 2U);
        QCOMPARE(counts.supervisors, 0U);
        QCOMPARE(counts.workers, 4U);
    }
    void terminate_restart_delete() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one()
                                         .child("c1", world.worker("c1"))
                                         .child("c2", world.worker("c2"), {.restart = RestartType::temporary}));
        const auto call = [&](auto request) { return text_of(world.me->try_call(*top, request)); };
        compare(call(RestartChild{Atom{"c1"}}), "running");
        compare(call(DeleteChild{Atom{"c1"}}), "running");
        compare(call(TerminateChild{Atom{"c1"}}), "ok");
        compare(call(TerminateChild{Atom{"c1"}}), "ok");
        compare(call(RestartChild{Atom{"c1"}}), "ok");
        compare(call(TerminateChild{Atom{"c1"}}), "ok");
        compare(call(DeleteChild{Atom{"c1"}}), "ok");
        compare(call(DeleteChild{Atom{"c1"}}), "not_found");
        compare(call(RestartChild{Atom{"c1"}}), "not_found");
        compare(call(TerminateChild{Atom{"c2"}}), "ok");
        compare(call(TerminateChild{Atom{"c2"}}), "not_found");
        compare(world.children(*top), "");
        QVERIFY(world.events(EventKind::restart).empty()); // what is started by hand is no restart
    }

    // -- restarts that fail (S10, S11) ----

    void restart_fails_then_works() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        using Step = Script::Step;
        const auto top = world.start(Supervisor::one_for_one({.intensity = 3, .period = 10s})
                                         .child("c1", world.worker("c1", true, {{Step::ok, Step::fail, Step::fail, Step::ok}}))
                                         .child("c2", world.worker("c2")));
        world.notes();
        const Pid old = world.die("c1", boom);
        compare(world.notes(), "terminate c1 boom, nostart c1, nostart c1, start c1");
        const auto restarts = world.events(EventKind::restart);
        QCOMPARE(restarts.size(), std::size_t{1});
        QCOMPARE(restarts[0].old_pid, old);
        world.die("c2", boom); // the fourth in the period
        QVERIFY(!world.node.is_alive(*top));
    }
    void while_restarting() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        using Step = Script::Step;
        const auto top = world.start(
            Supervisor::one_for_one({.intensity = 10, .period = 10s})
                .child("c1", world.worker("c1", true, {{Step::ok, Step::wait_and_fail, Step::wait_and_fail}}).named({})));
        world.notes();
        const auto first = *world.me->try_call(*top, WhichChildren{});
        world.me->cast(first[0].pid, Die{boom});
        compare(world.notes(), "terminate c1 boom, starting c1"); // the supervisor waits for this start
        const auto ask = [&](const char* name, auto request) {
            world.node.spawn([name, top = *top, request, me = world.me->pid()](Process& self) {
                self.send(me, std::string{name} + ": " + text_of(self.try_call(top, request)));
            });
            QVERIFY(world.settle());
        };
        ask("1 restart_child", RestartChild{Atom{"c1"}});
        ask("2 delete_child", DeleteChild{Atom{"c1"}});
        ask("3 terminate_child", TerminateChild{Atom{"c1"}});
        for (const ProcessRow& row : world.node.snapshot().processes)
            if (row.parent == *top)
                world.me->send(row.pid, Proceed{});
        compare(world.notes(), "nostart c1"); // and no second try
        std::set<std::string> answers;
        while (const auto answer = world.me->receive_for<std::string>(0s))
            answers.insert(*answer);
        QVERIFY((answers ==
                 std::set<std::string>{"1 restart_child: restarting", "2 delete_child: restarting", "3 terminate_child: ok"}));
        compare(world.children(*top), "c1 stopped");
    }
    void other_child_fails_restart_data() {
        QTest::addColumn<bool>("one_for_all");
        QTest::newRow("one_for_all_other_child_fails_restart") << true;
        QTest::newRow("rest_for_one_other_child_fails_restart") << false;
    }
    void other_child_fails_restart() {
        QFETCH_GLOBAL(int, schedulers);
        QFETCH(bool, one_for_all);
        World world{schedulers};
        using Step = Script::Step;
        const RestartLimits limits{.intensity = 5, .period = 10s};
        const auto top = world.start((one_for_all ? Supervisor::one_for_all(limits) : Supervisor::rest_for_one(limits))
                                         .child("c1", world.worker("c1"))
                                         .child("c2", world.worker("c2"))
                                         .child("c3", world.worker("c3", true, {{Step::ok, Step::fail, Step::ok}})));
        world.notes();
        world.die("c1", boom);
        const std::string first_try =
            "terminate c1 boom, terminate c3 shutdown, terminate c2 shutdown, start c1, start c2, nostart c3, ";
        compare(world.notes(),
                (first_try +
                 (one_for_all ? "terminate c2 shutdown, terminate c1 shutdown, start c1, start c2, start c3" : "start c3"))
                    .c_str());
        compare(world.children(*top), "c1 running, c2 running, c3 running");
    }
};

QTEST_APPLESS_MAIN(SupervisorTest)
#include "tst_supervisor.moc"
