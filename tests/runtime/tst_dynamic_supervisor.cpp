// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "supervised_world.hpp"

#include <atomic>
#include <vector>

using namespace supervision;

namespace {

const Term boom = Term::atom("boom");

/// Ignores what it is told, but a kill.
void stubborn(Process& self) {
    self.trap_exit(true);
    self.receive<Proceed>();
}

std::vector<Pid> pids(World& world, Pid supervisor) {
    std::vector<Pid> found;
    for (const ChildInfo& info : *world.me->try_call(supervisor, WhichChildren{}))
        found.push_back(info.pid);
    return found;
}

} // namespace

// Rules S17 (children on demand) and S18 (auto_shutdown) of OTP's supervisor, on 1, 2 and 4 schedulers.
class DynamicSupervisorTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_world_rows(); }

    void simple_one_for_one() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::simple_one_for_one({.intensity = 3}).child("w", world.worker("w").named({})));
        compare(world.children(*top), "");
        const Pid first = **world.me->try_call(*top, StartChild{});
        const Pid second = **world.me->try_call(*top, StartChild{});
        compare(world.children(*top), "undefined running, undefined running");
        const CountChildren::Counts counts = *world.me->try_call(*top, CountChildren{});
        QCOMPARE(counts.specs, 1U);
        QCOMPARE(counts.active, 2U);
        QCOMPARE(counts.workers, 2U);
        world.me->cast(first, Die{boom});
        compare(world.notes(), "start w, start w, terminate w boom, start w");
        QVERIFY(pids(world, *top)[0] != first && pids(world, *top)[1] == second);
        compare(text_of(world.me->try_call(*top, TerminateChild{second})), "ok");
        compare(text_of(world.me->try_call(*top, TerminateChild{second})), "ok"); // dead: its end may be on its way, as in OTP
        compare(text_of(world.me->try_call(*top, TerminateChild{world.me->pid()})), "not_found");
        compare(world.children(*top), "undefined running");
    }
    /// OTP 25 keeps such a child half-way, and its supervisor crashes at its end (function_clause).
    void a_restart_that_answers_ignore_is_forgotten() { // S17
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const Script script{{Script::Step::ok, Script::Step::ignore}};
        const auto top =
            world.start(Supervisor::simple_one_for_one({.intensity = 5})
                            .child("w", world.worker("w", true, script).named({}), {.restart = RestartType::transient}));
        const Pid first = **world.me->try_call(*top, StartChild{});
        world.me->cast(first, Die{boom});
        compare(world.notes(), "start w, terminate w boom");
        compare(world.children(*top), "");
        const CountChildren::Counts counts = *world.me->try_call(*top, CountChildren{});
        QCOMPARE(counts.active, 0U);
        QCOMPARE(counts.workers, 0U);
        world.me->exit(*top, ExitReason::shutdown()); // from its parent
        compare(to_string(world.end_of(*top)), "shutdown");
    }
    void a_start_function_starts_a_child() { // S04, S21
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        using Ok = Result<Pid>;
        const auto linked = [](Process& self) {
            return Ok{boost::system::in_place_value, self.spawn_link([](Process& it) { it.receive<Proceed>(); })};
        };
        const auto unlinked = [](Process& self) {
            return Ok{boost::system::in_place_value, self.spawn([](Process& it) { it.receive<Proceed>(); })};
        };
        const auto top = world.start(Supervisor::one_for_one({.intensity = 5})
                                         .child("linked", StartFunction{linked, "linked"})
                                         .child("unlinked", StartFunction{unlinked})
                                         .child("ignoring", StartFunction{[](Process&) { return Ok{Term::atom("ignore")}; }}));
        compare(world.children(*top), "linked running, unlinked running, ignoring stopped");
        const auto before = pids(world, *top);
        world.me->exit(before[0], ExitReason::kill());
        world.me->exit(before[1], ExitReason::kill()); // never noticed
        QVERIFY(world.settle());
        const auto after = pids(world, *top);
        QVERIFY(after[0] != before[0] && after[1] == before[1]);
        QCOMPARE(world.me->try_call(*top, CountChildren{})->active, 1U);
        const auto fails = [](Process&) -> Ok { throw Error{boom}; };
        const auto spec =
            std::make_shared<const ChildSpec>(ChildSpec{Term::atom("bad"), StartFunction{fails}, {}, nullptr, nullptr, {}});
        compare(text_of(world.me->try_call(*top, StartChild{spec})), "{{error,boom},{child,bad}}");
    }
    void requests_by_id_are_refused() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::simple_one_for_one().child("w", world.worker("w")));
        compare(text_of(world.me->try_call(*top, TerminateChild{Atom{"w"}})), "simple_one_for_one");
        compare(text_of(world.me->try_call(*top, RestartChild{Atom{"w"}})), "simple_one_for_one");
        compare(text_of(world.me->try_call(*top, DeleteChild{Atom{"w"}})), "simple_one_for_one");
    }
    void the_template_says_how_a_given_spec_is_treated() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(Supervisor::simple_one_for_one().child("w", world.worker("w"), {.restart = RestartType::temporary}));
        const auto start = [&](Script::Step step) {
            return text_of(
                world.me->try_call(*top, StartChild{std::make_shared<const ChildSpec>(ChildSpec{
                                             Atom{"x"}, world.worker("x", true, {{step}}), {}, nullptr, nullptr, {}})}));
        };
        compare(start(Script::Step::fail), "no");
        compare(start(Script::Step::ignore), "ok undefined");
        compare(world.children(*top), "");
        compare(start(Script::Step::ok), "ok");
        world.die("x", boom); // temporary, as the template is
        compare(world.children(*top), "");
    }
    void it_needs_one_template() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        compare(text_of(world.start(Supervisor::simple_one_for_one())), "{bad_start_spec,[]}");
    }
    void children_are_asked_all_at_once() { // each waits with its end until the last of them has been asked
        QFETCH_GLOBAL(int, schedulers);
        constexpr int children = 10;
        std::atomic<int> asked{0};
        World world{schedulers};
        const auto patient = [&asked](Process& self) {
            self.trap_exit(true);
            self.receive<Exit>();
            ++asked;
            while (asked < children)
                self.sleep(1ms);
        };
        const auto top = world.start(Supervisor::simple_one_for_one().child("w", patient, {.shutdown = Shutdown::infinity}));
        for (int i = 0; i < children; ++i)
            QVERIFY(world.me->try_call(*top, StartChild{})->has_value());
        QVERIFY(world.settle());
        world.me->exit(*top, ExitReason::shutdown());
        compare(to_string(world.end_of(*top)), "shutdown");
        QCOMPARE(asked.load(), children);
    }
    void children_that_are_killed_are_told_in_one_report() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(Supervisor::simple_one_for_one().child("w", stubborn, {.shutdown = Shutdown{200ms}}).named("pool"));
        for (int i = 0; i < 10; ++i)
            QVERIFY(world.me->try_call(*top, StartChild{})->has_value());
        QVERIFY(world.settle());
        world.me->exit(*top, ExitReason::shutdown());
        compare(to_string(world.end_of(*top)), "shutdown");
        std::vector<std::string> offenders;
        for (const Event& event : world.events(EventKind::log))
            if (event.log->title == "SUPERVISOR REPORT")
                offenders.push_back(event.log->fields.back().second);
        QCOMPARE(offenders.size(), std::size_t{1});
        QVERIFY2(offenders[0].starts_with("[{nb_children,10},"), offenders[0].c_str());
    }

    // -- auto_shutdown ----

    void significant_any() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(Supervisor::one_for_one({.intensity = 5})
                            .auto_shutdown(AutoShutdown::any_significant)
                            .child("c1", world.worker("c1"), {.restart = RestartType::transient, .significant = true})
                            .child("c2", world.worker("c2"), {.restart = RestartType::temporary, .significant = true})
                            .child("c3", world.worker("c3")));
        world.die("c1", boom); // restarted: not an end
        QVERIFY(world.node.is_alive(*top));
        world.notes();
        world.die("c1", Term::atom("normal"));
        compare(world.notes(), "terminate c1 normal, terminate c3 shutdown, terminate c2 shutdown");
        const auto exit = world.me->receive_for<Exit>(0s);
        QVERIFY(exit.has_value());
        compare(to_string(exit->reason), "shutdown");
    }
    void significant_all() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(Supervisor::one_for_one()
                            .auto_shutdown(AutoShutdown::all_significant)
                            .child("c1", world.worker("c1"), {.restart = RestartType::transient, .significant = true})
                            .child("c2", world.worker("c2"), {.restart = RestartType::temporary, .significant = true})
                            .child("c3", world.worker("c3")));
        world.die("c1", Term::atom("normal"));
        compare(world.children(*top), "c1 stopped, c2 running, c3 running");
        world.die("c2", boom);
        QVERIFY(!world.node.is_alive(*top));
    }
    void ends_by_hand_do_not_count() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(Supervisor::one_for_all({.intensity = 5})
                            .auto_shutdown(AutoShutdown::any_significant)
                            .child("c1", world.worker("c1"), {.restart = RestartType::temporary, .significant = true})
                            .child("c2", world.worker("c2"), {.restart = RestartType::transient, .significant = true})
                            .child("c3", world.worker("c3")));
        compare(text_of(world.me->try_call(*top, TerminateChild{Atom{"c2"}})), "ok");
        world.die("c3", boom); // takes c1 along: significant_bystander
        compare(world.children(*top), "c2 running, c3 running");
    }
    void bad_combinations() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        compare(text_of(world.start(Supervisor::one_for_one()
                                        .auto_shutdown(AutoShutdown::any_significant)
                                        .child("c1", world.worker("c1"), {.significant = true}))),
                "{start_spec,{bad_combination,[{restart,permanent},{significant,true}]}}");
        compare(text_of(world.start(Supervisor::one_for_one().child("c1", world.worker("c1"),
                                                                    {.restart = RestartType::transient, .significant = true}))),
                "{start_spec,{bad_combination,[{auto_shutdown,never},{significant,true}]}}");
    }
    void get_childspec() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one()
                                         .child("w", world.worker("w"))
                                         .child("mid", Supervisor::one_for_one(), {.restart = RestartType::temporary}));
        const auto worker = world.me->try_call(*top, GetChildSpec{Atom{"w"}});
        QVERIFY(worker && *worker);
        QCOMPARE((**worker)->options.restart, RestartType::permanent);
        QCOMPARE((**worker)->shutdown().time(), Duration{5s});
        const auto mid = world.me->try_call(*top, GetChildSpec{Atom{"mid"}});
        QVERIFY(mid && *mid);
        QCOMPARE((**mid)->type(), ChildType::supervisor);
        QVERIFY((**mid)->shutdown().is_infinite());
        QCOMPARE(to_string(world.me->try_call(*top, GetChildSpec{Atom{"nobody"}})->error()), std::string{"not_found"});
    }
};

QTEST_APPLESS_MAIN(DynamicSupervisorTest)
#include "tst_dynamic_supervisor.moc"
