// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "supervised_world.hpp"

#include <algorithm>
#include <future>
#include <string_view>

using namespace supervision;

namespace {

const Term boom = Term::atom("boom");

Supervisor tree(const World& world, const std::string& worker, RestartLimits limits = {}) {
    return Supervisor::one_for_one(limits).child(Atom{worker}, world.worker(worker));
}

/// A worker whose start and whose end wait for a word.
class Gate final : public Server<Gate> {
public:
    Gate(Pid journal, bool fails) : journal_{journal} {
        self().trap_exit(true);
        pass("starting");
        if (fails)
            stop(Term::atom("no"));
    }
    void terminate(const ExitReason&) { pass("stopping"); }

private:
    void pass(const char* what) {
        self().send(journal_, Note{what});
        self().receive<Proceed>();
    }

    Pid journal_;
};

Supervisor gate(const World& world, bool fails = false) {
    return Supervisor::one_for_one().child("gate", Gate::start(world.me->pid(), fails).named("gate"),
                                           {.shutdown = Shutdown::infinity});
}

template <class Operation>
auto in_thread(Operation operation) {
    return std::async(std::launch::async, std::move(operation));
}

/// Starts the application "db", which is loaded; its one child is a Gate.
void start_db(World& world) {
    auto start = in_thread([&] { return world.node.start_application("db"); });
    compare(world.me->receive<Note>().text, "starting");
    world.me->send("gate", Proceed{});
    compare(text_of(start.get()), "ok");
}

/// Stops it.
void stop_db(World& world) {
    auto stop = in_thread([&] { return world.node.stop_application("db"); });
    world.me->receive(on<Note>([](const Note& note) { return note.text == "stopping"; }, [](const Note&) {}));
    world.me->send("gate", Proceed{});
    compare(text_of(stop.get()), "ok");
}

/// The threads or asynchronous calls that do something with the Node, by what they began with.
std::vector<Pid> processes_of(const Node& node, std::string_view function) {
    std::vector<Pid> found;
    for (const ProcessRow& row : node.snapshot().processes)
        if (name_of(row.initial_function) == function)
            found.push_back(row.pid);
    return found;
}

std::string names(const std::vector<ApplicationInfo>& applications) {
    std::string text;
    for (const ApplicationInfo& application : applications)
        text += (text.empty() ? "" : ", ") + std::string{application.name.name()};
    return text;
}

} // namespace

// Rules (A01, ...) are those of OTP's application; each test runs on 1, 2 and 4 schedulers.
class ApplicationTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_world_rows(); }

    void start_in_dependency_order() { // A01, A02
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto shop = [&] { return Application("shop", tree(world, "c2")).depends_on({"base"}); };
        compare(text_of(world.node.start(shop())), "{not_started,base}");
        compare(text_of(world.node.start(Application("base", tree(world, "c1")))), "ok");
        compare(text_of(world.node.start(shop())), "ok");
        compare(text_of(world.node.start(shop())), "{already_started,shop}");
        compare(names(world.node.applications()), "base, shop");
        compare(world.notes(), "start c1, start c2");
        compare(text_of(world.node.stop_application("base")), "ok"); // others depend on it: allowed (A03)
        compare(names(world.node.applications()), "shop");
        compare(text_of(world.node.stop_application("base")), "{not_started,base}");
        compare(text_of(world.node.stop_application("shop")), "ok");
        compare(world.notes(), "terminate c1 shutdown, terminate c2 shutdown");
    }
    void a_failed_start() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto application = [&] {
            return Application("shop", Supervisor::one_for_one()
                                           .child("c1", world.worker("c1"))
                                           .child("c2", world.worker("c2", true, {{Script::Step::fail}})));
        };
        compare(text_of(world.node.start(application())), "{{shutdown,{failed_to_start_child,c2,no}},start}");
        compare(names(world.node.applications()), "");
        compare(world.notes(), "start c1, nostart c2, terminate c1 shutdown");
        compare(text_of(world.node.start(application())),
                "{{shutdown,{failed_to_start_child,c2,no}},start}"); // not already_started
        QVERIFY(world.events(EventKind::application_started).empty());
    }
    void what_runs_is_described() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto started = world.node.start(Application("shop", tree(world, "c1").named("shop_sup")).described("Sells apples"));
        QVERIFY(started.has_value());
        const ApplicationInfo info = world.node.applications().at(0);
        QCOMPARE(info.supervisor, world.pid("shop_sup"));
        QCOMPARE(world.events(EventKind::application_started).at(0).supervisor, info.supervisor);
        compare(info.description, "Sells apples");
        const Snapshot snapshot = world.node.snapshot();
        const auto master = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                         [&](const ProcessRow& row) { return row.pid == info.master; });
        QVERIFY(master != snapshot.processes.end());
        QVERIFY(master->is_system());
        compare(std::string{display_name(snapshot, *master)}, "application master shop");
        const auto top = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                      [&](const ProcessRow& row) { return row.pid == info.supervisor; });
        QVERIFY(top != snapshot.processes.end());
        QVERIFY(top->is_supervisor() && !top->is_system());
        QCOMPARE(top->parent, info.master);
    }
    void temporary_ends() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto one = [&] { return Application("one", tree(world, "c1", {.intensity = 0})); };
        QVERIFY(world.node.start(one()).has_value());
        QVERIFY(world.node.start(Application("two", tree(world, "c2"))).has_value());
        world.die("c1", boom);
        compare(names(world.node.applications()), "two");
        QVERIFY(world.pid("c2") && !world.node.is_stopped());
        QVERIFY(world.node.start(one()).has_value()); // it can be started again
        world.die("c1", boom);
        compare(text_of(world.node.stop_application("one")), "ok"); // or stopped, once
        compare(text_of(world.node.stop_application("one")), "{not_started,one}");
        const auto stopped = world.events(EventKind::application_stopped);
        QCOMPARE(stopped.size(), std::size_t{2});
        QCOMPARE(stopped[0].name, Atom{"one"});
        compare(to_string(stopped[0].reason), "shutdown");
    }
    void restart_type_and_end_of_the_top_supervisor_data() { // A05
        QTest::addColumn<int>("type");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<bool>("stops");
        const auto row = [](const char* name, RestartType type, const char* reason, bool stops) {
            QTest::newRow(name) << static_cast<int>(type) << QString{reason} << stops;
        };
        row("temporary_killed", RestartType::temporary, "kill", false);
        row("transient_shutdown", RestartType::transient, "shutdown", true);
        row("transient_killed", RestartType::transient, "kill", true);
        row("permanent_shutdown", RestartType::permanent, "shutdown", true);
        row("permanent_killed", RestartType::permanent, "kill", true);
    }
    void restart_type_and_end_of_the_top_supervisor() {
        QFETCH_GLOBAL(int, schedulers);
        QFETCH(int, type);
        QFETCH(QString, reason);
        QFETCH(bool, stops);
        Node node{NodeConfig{.schedulers = static_cast<std::uint32_t>(schedulers)}};
        const auto failing = [](Process& self) { self.receive<Proceed>(); }; // its end is one too many
        QVERIFY(node.start(Application(
                               "shop",
                               Supervisor::one_for_one({.intensity = 0}).named("top").child("c1", failing, {}, {.name = "c1"}))
                               .restart_type(static_cast<RestartType>(type)))
                    .has_value());
        node.exit(node.whereis(reason == "kill" ? "top" : "c1"), ExitReason::kill());
        if (!stops) {
            QVERIFY(node.wait_until_quiet(10s));
            QVERIFY(!node.is_stopped());
            return;
        }
        QTRY_VERIFY_WITH_TIMEOUT(node.is_stopped(), 10'000);
        QVERIFY(QString::fromStdString(node.snapshot().node.stopped_because).contains("application shop ended"));
    }
    void a_stop_by_hand_never_stops_the_node() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.start(Application("shop", tree(world, "c1")).restart_type(RestartType::permanent)).has_value());
        compare(text_of(world.node.stop_application("shop")), "ok");
        QVERIFY(world.settle());
        QVERIFY(!world.node.is_stopped());
        const auto stopped = world.events(EventKind::application_stopped);
        QCOMPARE(stopped.size(), std::size_t{1});
        compare(to_string(stopped[0].reason), "stopped");
    }
    void a_killed_master_takes_its_application_along() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.start(Application("shop", tree(world, "c1"))).has_value());
        world.me->exit(world.node.applications().at(0).master, ExitReason::kill());
        QVERIFY(world.settle());
        compare(names(world.node.applications()), "");
        QVERIFY(!world.pid("c1"));
        QVERIFY(world.node.start(Application("shop", tree(world, "c1"))).has_value());
    }
    void callbacks_run_around_the_tree() { // A03
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto note = [journal = world.me->pid()](const char* what) {
            return [journal, what](Process& self) {
                self.send(journal, Note{what});
                if (std::string_view{what} != "on_start")
                    throw Error{boom}; // ignored
            };
        };
        QVERIFY(world.node
                    .start(Application("shop", tree(world, "c1", {.intensity = 0}))
                               .on_start(note("on_start"))
                               .on_prep_stop(note("on_prep_stop"))
                               .on_stop(note("on_stop")))
                    .has_value());
        compare(world.notes(), "on_start, start c1");
        compare(text_of(world.node.stop_application("shop")), "ok");
        compare(world.notes(), "on_prep_stop, terminate c1 shutdown, on_stop");
        QVERIFY(world.node.start_application("shop").has_value()); // known since its first start
        world.die("c1", boom);                                     // the tree ends by itself
        compare(world.notes(), "on_start, start c1, terminate c1 boom, on_prep_stop, on_stop");
    }
    void a_start_callback_that_fails() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        const auto fails = [](Process&) { throw Error{boom}; };
        compare(text_of(world.node.start(Application("shop", tree(world, "c1")).on_start(fails))), "{{error,boom},start}");
        compare(world.notes(), "");
    }
    void loading_and_starting_by_name() { // A01
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        compare(text_of(world.node.start_application("base")), "{not_loaded,base}");
        QVERIFY(world.node.load(Application("base", tree(world, "c1"))).has_value());
        compare(text_of(world.node.load(Application("base", tree(world, "c1")))), "{already_loaded,base}");
        QVERIFY(world.node.load(Application("shop", tree(world, "c2")).depends_on({"base"})).has_value());
        QVERIFY(world.node.load(Application("bad", Supervisor::one_for_one({.intensity = -1})).depends_on({"shop"})).has_value());
        QVERIFY(world.node.load(Application("loop", tree(world, "c3")).depends_on({"loop"})).has_value());
        compare(to_string(world.node.ensure_all_started("bad").error()),
                "{bad,{{supervisor_data,{invalid_intensity,-1}},start}}");
        compare(names(world.node.applications()), ""); // what that call started is stopped again
        compare(world.notes(), "start c1, start c2, terminate c2 shutdown, terminate c1 shutdown");
        QCOMPARE(*world.node.ensure_all_started("shop"), (std::vector<Atom>{"base", "shop"}));
        QVERIFY(world.node.ensure_all_started("shop")->empty());
        compare(to_string(world.node.ensure_all_started("loop").error()), "{depends_on_itself,loop}");
        compare(to_string(world.node.ensure_all_started("nobody").error()), "{nobody,{not_loaded,nobody}}");
    }
    void stopping_an_application_ends_what_its_processes_started() { // A03
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        std::atomic<std::uint64_t> started{0};
        const auto starts_another = [&started](Process& self) {
            started = self.spawn([](Process& other) { other.receive<Proceed>(); }).bits();
            self.receive<Proceed>();
        };
        QVERIFY(world.node.start(Application("shop", Supervisor::one_for_one().child("c1", starts_another))).has_value());
        QVERIFY(world.settle());
        const Pid stray = Pid::from_bits(started);
        QVERIFY(world.node.is_alive(stray));
        const MonitorRef monitor = world.me->monitor(stray);
        QVERIFY(world.node.stop_application("shop").has_value());
        compare(to_string(world.me->receive(on<Down>([&](const Down& down) { return down.ref == monitor; },
                                                     [](const Down& down) { return down.reason; }))),
                "killed");
    }
    // -- between two states ----

    void who_starts_what_is_being_started_waits() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.load(Application("db", gate(world))).has_value());
        QVERIFY(world.node.load(Application("shop", tree(world, "c1")).depends_on({"db"})).has_value());
        auto first = in_thread([&] { return world.node.start_application("db"); });
        compare(world.me->receive<Note>().text, "starting");
        auto second = in_thread([&] { return world.node.start_application("db"); });
        auto above = in_thread([&] { return world.node.ensure_all_started("shop"); });
        QTRY_COMPARE_WITH_TIMEOUT(processes_of(world.node, "external thread").size(), std::size_t{4}, 10'000);
        QVERIFY(world.settle());                                                 // nobody spins
        compare(text_of(world.node.stop_application("db")), "{not_started,db}"); // not yet, as in OTP
        compare(text_of(world.node.start_application("shop")), "{not_started,db}");
        world.me->send("gate", Proceed{});
        compare(text_of(first.get()), "ok");
        compare(text_of(second.get()), "ok");
        const auto started = above.get();
        QVERIFY(started.has_value());
        QVERIFY((*started == std::vector<Atom>{"db", "shop"}));
        compare(names(world.node.applications()), "db, shop");
        compare(text_of(world.node.start_application("db")), "{already_started,db}");
        stop_db(world);
    }
    void it_hears_the_same_failure() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.load(Application("db", gate(world, true))).has_value());
        QVERIFY(world.node.load(Application("shop", tree(world, "c1")).depends_on({"db"})).has_value());
        auto first = in_thread([&] { return world.node.start_application("db"); });
        compare(world.me->receive<Note>().text, "starting");
        auto second = in_thread([&] { return world.node.start_application("db"); });
        auto above = in_thread([&] { return world.node.ensure_all_started("shop"); });
        QTRY_COMPARE_WITH_TIMEOUT(processes_of(world.node, "external thread").size(), std::size_t{4}, 10'000);
        QVERIFY(world.settle());
        world.me->send("gate", Proceed{});
        const char* const reason = "{{shutdown,{failed_to_start_child,gate,no}},start}";
        compare(text_of(first.get()), reason);
        compare(text_of(second.get()), reason);
        compare(to_string(above.get().error()), "{db,{{shutdown,{failed_to_start_child,gate,no}},start}}");
        compare(names(world.node.applications()), "");
    }
    void a_start_waits_for_a_stop() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.load(Application("shop", tree(world, "c1")).depends_on({"db"})).has_value());
        auto start = in_thread([&] { return world.node.start(Application("db", gate(world))); });
        compare(world.me->receive<Note>().text, "starting");
        world.me->send("gate", Proceed{});
        compare(text_of(start.get()), "ok");
        auto stop = in_thread([&] { return world.node.stop_application("db"); });
        compare(world.me->receive<Note>().text, "stopping");
        auto again = in_thread([&] { return world.node.stop_application("db"); });
        auto above = in_thread([&] { return world.node.ensure_all_started("shop"); });
        QTRY_COMPARE_WITH_TIMEOUT(processes_of(world.node, "external thread").size(), std::size_t{4}, 10'000);
        QVERIFY(world.settle());
        world.me->send("gate", Proceed{});
        compare(text_of(stop.get()), "ok");
        compare(world.me->receive<Note>().text, "starting"); // only now
        world.me->send("gate", Proceed{});
        const std::string second = text_of(again.get()); // it came before the start, or after
        QVERIFY2(second == "{not_started,db}", second.c_str());
        QVERIFY(above.get().has_value());
        compare(names(world.node.applications()), "db, shop");
        stop_db(world);
    }
    void who_is_killed_meanwhile_leaves_nothing_behind() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.load(Application("db", gate(world))).has_value());
        const auto before = world.node.process_count();
        const auto kill_all = [&] {
            for (const Pid pid : processes_of(world.node, "asynchronous call"))
                world.node.exit(pid, ExitReason::kill());
        };
        const auto begin = [&] { world.node.start_application_async("db", RestartType::temporary, [](auto) {}); };
        begin();
        compare(world.me->receive<Note>().text, "starting");
        begin(); // this one waits
        QVERIFY(world.settle());
        kill_all(); // both
        QVERIFY(world.settle());
        auto start = in_thread([&] { return world.node.start_application("db"); }); // the start goes on, as in OTP
        QTRY_COMPARE_WITH_TIMEOUT(processes_of(world.node, "external thread").size(), std::size_t{2}, 10'000);
        QVERIFY(world.settle());
        world.me->send("gate", Proceed{});
        compare(text_of(start.get()), "ok");
        world.node.stop_application_async("db", [](auto) {});
        compare(world.me->receive<Note>().text, "stopping");
        kill_all();
        world.me->send("gate", Proceed{});
        QVERIFY(world.settle());
        compare(text_of(world.node.stop_application("db")), "{not_started,db}");
        compare(names(world.node.applications()), "");
        QCOMPARE(world.node.process_count(), before);
    }
    void a_master_that_is_killed_meanwhile_is_a_failed_start() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.load(Application("db", gate(world))).has_value());
        auto first = in_thread([&] { return world.node.start_application("db"); });
        compare(world.me->receive<Note>().text, "starting");
        auto second = in_thread([&] { return world.node.start_application("db"); });
        QTRY_COMPARE_WITH_TIMEOUT(processes_of(world.node, "external thread").size(), std::size_t{3}, 10'000);
        QVERIFY(world.settle());
        world.node.exit(processes_of(world.node, "ApplicationMaster").at(0), ExitReason::kill());
        compare(text_of(first.get()), "{killed,start}");
        compare(text_of(second.get()), "{killed,start}");
        world.me->send("gate", Proceed{}); // the tree that it leaves behind hears of its end when it stands
        compare(world.me->receive<Note>().text, "stopping");
        world.me->send("gate", Proceed{});
        QVERIFY(world.settle());
        start_db(world);
        stop_db(world);
    }
    void nothing_is_started_while_the_node_stops() {
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        QVERIFY(world.node.load(Application("db", gate(world))).has_value());
        QVERIFY(world.node.load(Application("shop", tree(world, "c1"))).has_value());
        start_db(world);
        auto stop = in_thread([&] { return world.node.stop(10s); });
        compare(world.me->receive<Note>().text, "stopping");
        compare(text_of(world.node.start_application("shop")), "node_stopped");
        world.me->send("gate", Proceed{});
        QVERIFY(stop.get().empty());
    }
    void node_stop_takes_applications_down_in_reverse_order() { // A04
        QFETCH_GLOBAL(int, schedulers);
        World world{schedulers};
        for (const char* name : {"a", "b", "c"})
            QVERIFY(world.node.start(Application(name, tree(world, std::string{"in_"} + name))).has_value());
        world.node.stop(10s);
        std::string order;
        for (const Event& event : world.events(EventKind::application_stopped))
            order += std::string{event.name.name()} + " " + to_string(event.reason) + ", ";
        compare(order, "c stopped, b stopped, a stopped, ");
    }
};

QTEST_APPLESS_MAIN(ApplicationTest)
#include "tst_application.moc"
