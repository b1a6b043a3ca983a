// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "supervised_world.hpp"

#include "behaviour/restart_intensity.hpp"

#include <algorithm>
#include <vector>

using namespace supervision;

namespace {

const Term boom = Term::atom("boom");

} // namespace

// Rules (S06, ...) are those of OTP's supervisor; each test runs on 1, 2 and 4 schedulers.
class SupervisorEndsTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_world_rows(); }

    // -- restart intensity (S06, S07) ----

    void intensity_counts_whole_seconds() {
        detail::RestartIntensity intensity{{.intensity = 2, .period = 5s}};
        QVERIFY(intensity.add(100));
        QVERIFY(intensity.add(101));
        QCOMPARE(intensity.in_period(105), 2U);
        QCOMPARE(intensity.in_period(106), 1U);
        QVERIFY(!intensity.add(105)); // 100 counts up to and including 105
        QVERIFY(intensity.add(111));  // 105 no longer does
        detail::RestartIntensity none{{.intensity = 0, .period = 1s}};
        QVERIFY(!none.add(1));
    }
    void giving_up() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(std::move(three_children(world, Supervisor::one_for_one({.intensity = 2, .period = 10s}))).named("top"));
        world.die("c2", boom);
        world.die("c2", boom);
        QVERIFY(world.node.is_alive(*top));
        world.notes();
        world.die("c2", boom);
        compare(world.notes(), "terminate c2 boom, terminate c3 shutdown, terminate c1 shutdown");
        const auto exit = world.me->receive_for<Exit>(0s);
        QVERIFY(exit.has_value());
        QCOMPARE(exit->from, *top);
        compare(to_string(exit->reason), "shutdown");
        const auto events = world.events(EventKind::gave_up);
        QCOMPARE(events.size(), std::size_t{1});
        QCOMPARE(events[0].pid, *top);
        QCOMPARE(events[0].supervisor_name, Atom{"top"});
        QVERIFY(events[0].child_id == Term::atom("c2"));
    }
    void intensity_zero() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one({.intensity = 0, .period = 10s})
                                         .child("c1", world.worker("c1"), {.restart = RestartType::transient})
                                         .child("c2", world.worker("c2"), {.restart = RestartType::temporary})
                                         .child("c3", world.worker("c3")));
        world.die("c1", Term::atom("normal"));
        world.die("c2", boom);
        QVERIFY(world.node.is_alive(*top));
        world.die("c3", boom);
        QVERIFY(!world.node.is_alive(*top));
    }
    void a_group_restart_counts_once() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(three_children(world, Supervisor::one_for_all({.intensity = 1, .period = 10s})));
        world.die("c1", boom);
        QVERIFY(world.node.is_alive(*top));
        QCOMPARE(world.describe(*top).restarts_in_period, 1U);
        QCOMPARE(world.describe(*top).restarts, 3U);
    }
    void escalation() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const RestartLimits once{.intensity = 1, .period = 10s};
        const auto top = world.start(Supervisor::one_for_one(once).child(
            "mid", Supervisor::one_for_all(once).named("mid").child("m1", world.worker("m1")).child("m2", world.worker("m2"))));
        const Pid mid = world.pid("mid");
        world.die("m1", Term::atom("one"));
        QCOMPARE(world.pid("mid"), mid);
        world.notes();
        world.die("m2", Term::atom("two"));
        compare(world.notes(), "terminate m2 two, terminate m1 shutdown, start m1, start m2");
        QVERIFY(world.pid("mid") != mid);
        compare(world.children(*top), "mid running");
        compare(world.children("mid"), "m1 running, m2 running");
    }

    // -- stopping (S12, S13, S19) ----

    void shutdown_order_and_reasons() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one()
                                         .child("c1", world.worker("c1"))
                                         .child("c2", world.worker("c2", false))
                                         .child("c3", world.worker("c3"), {.shutdown = Shutdown::brutal_kill})
                                         .child("stubborn",
                                                [](Process& self) {
                                                    self.trap_exit(true);
                                                    self.receive<Proceed>();
                                                },
                                                {.shutdown = Shutdown{50ms}}, {.name = "stubborn"}));
        world.notes();
        std::vector<MonitorRef> monitors;
        for (const char* name : {"c1", "c2", "c3", "stubborn"})
            monitors.push_back(world.me->monitor(world.pid(name)));
        world.me->exit(*top, ExitReason::shutdown());
        std::string ends;
        for (std::size_t i = 0; i < monitors.size(); ++i) {
            const auto down = world.me->receive_for<Down>(10s);
            QVERIFY(down.has_value());
            const auto which = std::find(monitors.begin(), monitors.end(), down->ref) - monitors.begin();
            ends += std::to_string(which) + " " + to_string(down->reason) + ", ";
        }
        compare(ends, "3 killed, 2 killed, 1 shutdown, 0 shutdown, ");
        compare(world.notes(), "terminate c1 shutdown");
        const auto exit = world.me->receive_for<Exit>(5s);
        QVERIFY(exit.has_value());
        compare(to_string(exit->reason), "shutdown");
    }
    void nested_shutdown() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(
            Supervisor::one_for_one()
                .child("c1", world.worker("c1"))
                .child("mid", Supervisor::one_for_one().child("m1", world.worker("m1")).child("m2", world.worker("m2")))
                .child("c2", world.worker("c2")));
        compare(world.notes(), "start c1, start m1, start m2, start c2");
        world.me->exit(*top, ExitReason::shutdown());
        compare(world.notes(), "terminate c2 shutdown, terminate m2 shutdown, terminate m1 shutdown, terminate c1 shutdown");
    }
    void child_unlink() { // a child without a link ends unnoticed and cannot hang its supervisor
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one().child("c1", world.worker("c1")).child("c2", world.worker("c2")));
        for (const char* name : {"c1", "c2"})
            world.me->cast(world.pid(name), CutLink{*top});
        world.settle();
        world.die("c1", boom);
        compare(world.children(*top), "c1 running, c2 running");
        QCOMPARE(world.me->try_call(*top, CountChildren{})->active, 1U);
        compare(text_of(world.me->try_call(*top, TerminateChild{Atom{"c1"}})), "ok");
        compare(text_of(world.me->try_call(*top, TerminateChild{Atom{"c2"}})), "ok");
        compare(world.children(*top), "c1 stopped, c2 stopped");
    }
    void exit_signals_of_strangers_do_nothing() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(Supervisor::one_for_one().child("c1", world.worker("c1")));
        const Pid child = world.pid("c1");
        world.node.spawn([top = *top](Process& self) {
            self.exit(top, ExitReason::shutdown());
            self.exit(top, boom);
        });
        world.settle();
        QVERIFY(world.node.is_alive(*top));
        QCOMPARE(world.pid("c1"), child);
        world.me->exit(*top, boom); // its parent
        compare(to_string(world.end_of(*top)), "boom");
        QVERIFY(!world.node.is_alive(child));
    }
    void killed_supervisor() { // children get killed over their links
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(Supervisor::one_for_one().child("c1", world.worker("c1", false)).child("c2", world.worker("c2")));
        world.notes();
        world.me->exit(*top, ExitReason::kill());
        compare(world.notes(), "terminate c2 killed");
        QVERIFY(!world.pid("c1") && !world.pid("c2"));
    }

    // -- what it tells ----

    void restarts_are_recorded() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top =
            world.start(Supervisor::one_for_one({.intensity = 3}).child("first", world.worker("c1")).named("kv_sup"));
        const Pid old = world.pid("c1");
        world.me->exit(old, ExitReason::kill());
        world.settle();
        const auto events = world.events(EventKind::restart);
        QCOMPARE(events.size(), std::size_t{1});
        const Event& event = events.front();
        QCOMPARE(event.supervisor, *top);
        QCOMPARE(event.supervisor_name, Atom{"kv_sup"});
        QVERIFY(event.child_id == Term::atom("first"));
        QCOMPARE(event.name, Atom{"c1"});
        QCOMPARE(event.old_pid, old);
        QCOMPARE(event.pid, world.pid("c1"));
        compare(to_string(event.reason), "killed");
        QVERIFY(event.restart_us < 5'000'000);
    }
    void reports_in_the_words_of_otp() { // S22
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(
            Supervisor::one_for_one().child("c1", world.worker("c1"), {.restart = RestartType::transient}).named("kv_sup"));
        QVERIFY(top.has_value());
        const Pid old = world.die("c1", boom);
        std::vector<const LogEntry*> reports;
        const auto logs = world.events(EventKind::log);
        for (const Event& event : logs)
            if (event.log->title == "SUPERVISOR REPORT" || event.log->title == "PROGRESS REPORT")
                reports.push_back(event.log.get());
        QCOMPARE(reports.size(), std::size_t{3});
        QCOMPARE(reports[0]->title, std::string{"PROGRESS REPORT"});
        QCOMPARE(reports[0]->level, LogLevel::info);
        QCOMPARE(reports[1]->title, std::string{"SUPERVISOR REPORT"});
        QCOMPARE(reports[1]->level, LogLevel::error);
        QCOMPARE(reports[1]->pid, old);
        QCOMPARE(reports[2]->title, std::string{"PROGRESS REPORT"});
        std::string text;
        for (const auto& [name, value] : reports[1]->fields)
            text += name + ": " + value + "\n";
        compare(text, ("supervisor: kv_sup\nerrorContext: child_terminated\nreason: boom\noffender: [{pid," + to_string(old) +
                       "},{id,c1},{mfargs,'supervision::Worker'},{restart_type,transient},{significant,false},{shutdown,5000},"
                       "{child_type,worker}]\n")
                          .c_str());
    }
    void describes_itself() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto top = world.start(
            Supervisor::rest_for_one({.intensity = 3, .period = 10s})
                .child("c1", world.worker("c1"))
                .child("c2", world.worker("c2"), {.restart = RestartType::transient, .shutdown = Shutdown::brutal_kill})
                .child("mid", Supervisor::one_for_one()));
        world.die("c2", boom);
        const SupervisorInfo info = world.describe(*top);
        QCOMPARE(info.strategy, Strategy::rest_for_one);
        QCOMPARE(info.intensity, 3U);
        QCOMPARE(info.period_s, 10U);
        QCOMPARE(info.restarts_in_period, 1U);
        QCOMPARE(info.restarts, 2U); // c2 and, after it, mid
        QCOMPARE(info.children.size(), std::size_t{3});
        QCOMPARE(info.children[0].shutdown, std::string{"5000"});
        QCOMPARE(info.children[0].restarts, 0U);
        QCOMPARE(info.children[0].last_restart_ms, -1);
        QCOMPARE(info.children[1].pid, world.pid("c2"));
        QCOMPARE(info.children[1].shutdown, std::string{"brutal_kill"});
        QCOMPARE(info.children[1].restarts, 1U);
        QVERIFY(info.children[1].last_exit_reason == boom);
        QVERIFY(info.children[1].last_restart_ms >= 0);
        QCOMPARE(info.children[2].type, ChildType::supervisor);
        QCOMPARE(info.children[2].shutdown, std::string{"infinity"});
    }
    void many_children() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        auto supervisor = Supervisor::one_for_one();
        for (int i = 0; i < 20'000; ++i)
            supervisor = std::move(supervisor).child(i, [](Process& self) { self.receive<Proceed>(); });
        const auto top = world.start(supervisor);
        QVERIFY(top.has_value());
        QVERIFY(world.node.process_count() >= 20'000);
        world.me->exit(*top, ExitReason::shutdown());
        compare(to_string(world.end_of(*top)), "shutdown");
    }
};

QTEST_APPLESS_MAIN(SupervisorEndsTest)
#include "tst_supervisor_ends.moc"
