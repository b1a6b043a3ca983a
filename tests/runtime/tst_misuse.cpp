// SPDX-License-Identifier: BSL-1.0
/// `Process&` where it is not one's own: the first mistake of every newcomer is told in words, and harms its owner only if it
/// was its own.
#include "process_fixture.hpp"
#include "servers.hpp"

#include <functional>
#include <thread>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

using Use = std::function<void(Process& self)>;

const char* const refusal = "{badarg,\"Process& used outside its own process\"}";

/// What `use` throws, as text.
std::string thrown_by(const Use& use, Process& self) {
    try {
        use(self);
        return "nothing";
    } catch (const Error& error) {
        return to_string(error.term);
    } catch (const ProcessExit& exit) {
        return "exit " + to_string(exit.reason);
    }
}

/// The field `wanted` of the report about a misuse.
std::string report_of_misuse(const Node& node, std::string_view wanted) {
    const auto reports = reports_of(node, "Process& used outside its own process");
    return reports.empty() ? "no report" : field_of(reports.front(), wanted);
}

[[gnu::noinline]] void report_progress(Process& self) {
    self.send(self.pid(), Tick{1});
    asm volatile("");
}

} // namespace

class TestMisuse : public QObject {
    Q_OBJECT

private slots:
    void in_a_blocking_call_data() { add_uses(); }
    void in_a_blocking_call();
    void in_a_thread_data() { add_uses(); }
    void in_a_thread();
    void in_a_child_data() { add_uses(); }
    void in_a_child();
    void report_tells_where();
    void reading_is_allowed();
    void a_process_does_not_wait_as_an_external_one();

private:
    static void add_uses();
};

void TestMisuse::add_uses() {
    QTest::addColumn<Use>("use");
    const auto row = [](const char* name, Use use) { QTest::newRow(name) << std::move(use); };
    row("send", [](Process& self) { self.send(self.pid(), Tick{1}); });
    row("cast", [](Process& self) { self.cast("shelf", Tick{1}); });
    row("call", [](Process& self) { self.call("shelf", Get{}); });
    row("try_call of nobody", [](Process& self) { static_cast<void>(self.try_call("nobody", Get{})); });
    row("stop", [](Process& self) { static_cast<void>(self.stop("shelf")); });
    row("start", [](Process& self) { static_cast<void>(self.start(Shelf::start())); });
    row("receive", [](Process& self) { self.receive<Tick>(); });
    row("receive_for 0", [](Process& self) { self.receive_for<Tick>(0s); });
    row("sleep", [](Process& self) { self.sleep(1h); });
    row("yield", [](Process& self) { self.yield(); });
    row("poll", [](Process& self) { self.poll(); });
    row("spawn", [](Process& self) { self.spawn([](Process&) {}); });
    row("link", [](Process& self) { self.link(self.pid()); });
    row("monitor", [](Process& self) { self.monitor("shelf"); });
    row("exit signal", [](Process& self) { self.exit(self.whereis("shelf"), ExitReason::shutdown()); });
    row("trap_exit", [](Process& self) { self.trap_exit(true); });
    row("put", [](Process& self) { self.put(1, 2); });
    row("set_label", [](Process& self) { self.set_label("mine"); });
    row("send_after", [](Process& self) { self.send_after(1s, self.pid(), Tick{}); });
    row("async", [](Process& self) { static_cast<void>(task::async(self, [] { return 1; })); });
    row("blocking", [](Process& self) { self.blocking([] {}); });
    row("heap_limit", [](Process& self) { self.heap_limit({1000}); });
    row("exit", [](Process& self) { self.exit(ExitReason::normal()); });
    row("suspend", [](Process& self) { self.suspend(self.whereis("shelf")); });
}

/// The owner is none the worse: its mailbox, its flags and its children are as they were.
void check_owner(Process& self) {
    QVERIFY(!self.receive_for<Tick>(0s));
    QVERIFY(!self.trap_exit());
    QCOMPARE(self.call("shelf", Get{}), 7);
    QCOMPARE(to_string(self.get(1)), std::string{"undefined"});
}

/// Runs `misuse` in a process beside a server that it may call; both are none the worse afterwards.
void check_beside_shelf(const Use& misuse) {
    Node node{with_schedulers(2)};
    QVERIFY(node.start(Shelf::start().named("shelf")));
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([misuse](Process& self) {
        misuse(self);
        check_owner(self);
    });
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
}

void TestMisuse::in_a_blocking_call() {
    QFETCH(Use, use);
    check_beside_shelf([use](Process& self) {
        const std::string thrown = self.blocking([&] { return thrown_by(use, self); });
        QCOMPARE(thrown, std::string{refusal});
    });
}

void TestMisuse::in_a_thread() {
    QFETCH(Use, use);
    check_beside_shelf([use](Process& self) {
        std::string thrown;
        std::thread thread{[&] { thrown = thrown_by(use, self); }};
        self.blocking([&] { thread.join(); });
        QCOMPARE(thrown, std::string{refusal});
    });
}

void TestMisuse::in_a_child() {
    QFETCH(Use, use);
    check_beside_shelf([use](Process& self) {
        self.spawn_monitor([use, &self](Process& /*own*/) { use(self); });
        const ExitReason reason = self.receive(on<Down>([](Down down) { return down.reason; }));
        QCOMPARE(to_string(reason), "{error," + std::string{refusal} + "}");
    });
}

void TestMisuse::report_tells_where() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) { self.blocking([&self] { report_progress(self); }); });
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), "{error," + std::string{refusal} + "}");
    QCOMPARE(report_of_misuse(node, "process"), to_string(pid));
    QVERIFY(report_of_misuse(node, "used_by").starts_with("a thread that is no process"));
    const std::string stack = report_of_misuse(node, "stack");
    QVERIFY2(stack.starts_with("report_progress"), stack.c_str());
}

/// What only looks is safe from anywhere, and part of log lines that such functions write.
void TestMisuse::reading_is_allowed() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        self.blocking([&self] {
            QVERIFY(self.is_alive(self.pid()));
            QVERIFY(!self.whereis("nobody"));
            self.node().log(LogLevel::info, "at work", self.pid());
        });
    });
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
}

void TestMisuse::a_process_does_not_wait_as_an_external_one() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    QVERIFY(node.start(Shelf::start().named("shelf")));
    const auto [pid, monitor] = me->spawn_monitor([&](Process& self) {
        ExternalProcess own = node.attach();
        for (const Use& use : {Use{[](Process& it) { it.receive<Tick>(); }}, Use{[](Process& it) { it.sleep(1h); }},
                               Use{[](Process& it) { it.call("shelf", Get{}); }}})
            QCOMPARE(thrown_by(use, *own), std::string{refusal});
        own->send(self.pid(), Tick{1}); // who does not wait holds nobody up
        QVERIFY(self.receive_for<Tick>(1s));
    });
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
    QCOMPARE(report_of_misuse(node, "used_by"), to_string(pid));
}

QTEST_APPLESS_MAIN(TestMisuse)
#include "tst_misuse.moc"
