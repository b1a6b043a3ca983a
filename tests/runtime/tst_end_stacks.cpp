// SPDX-License-Identifier: BSL-1.0
/// Ends tell where they began: of exceptions where they were thrown, of killed processes where they were.
#include "faulty_bodies.hpp"
#include "runaways.hpp"

#include <algorithm>
#include <vector>

#include <dlfcn.h>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

/// The value of a field of a process's crash report.
std::string crash_report(const Node& node, Pid process, std::string_view wanted) {
    for (const LogEntry& report : reports_of(node, "CRASH REPORT"))
        if (report.pid == process)
            return field_of(report, wanted);
    return "none";
}

[[gnu::noinline]] void look_up_shelf(const std::vector<int>& shelves, std::size_t number) {
    static_cast<void>(shelves.at(number)); // thrown by the standard library
    asm volatile("");
}
[[gnu::noinline]] void serve(std::size_t number) {
    look_up_shelf({1, 2, 3}, number);
    asm volatile("");
}
void clerk(Process&) {
    serve(17);
}

[[gnu::noinline]] void fail_after_others() {
    for (int i = 0; i < 3; ++i) {
        try {
            throw i;
        } catch (int) {
        }
    }
    try {
        throw std::runtime_error{"out of stock"};
    } catch (const std::runtime_error&) {
        try {
            throw 42;
        } catch (int) {
        }
        throw; // the first one still
    }
}
void rethrower(Process&) {
    fail_after_others();
}

[[gnu::noinline]] void give_up(Process& self) {
    self.exit(Term::atom("tired"));
}
void quitter(Process& self) {
    give_up(self);
}

[[gnu::noinline]] void wait_for_customers(Process& self) {
    self.receive<Tick>();
    asm volatile("");
}
void shop(Process& self) {
    wait_for_customers(self);
}

[[gnu::noinline]] void slam_the_door() noexcept {
    serve(18);
}
void slammer(Process&) {
    slam_the_door();
}

[[gnu::noinline]] void run_out_of_bread() {
    throw std::runtime_error{"no bread"};
}
[[gnu::noinline]] void run_out_of_milk() {
    throw std::runtime_error{"no milk"};
}
void baker(Process&) {
    run_out_of_bread();
}
void milkman(Process&) {
    run_out_of_milk();
}
/// The exception of another thread, where one of this thread's may have been.
void buyer(Process& self) {
    self.blocking([] { throw std::runtime_error{"closed"}; });
    asm volatile("");
}
/// Hands on what was thrown for another process.
void mourner(Process&, const std::exception_ptr& exception) {
    std::rethrow_exception(exception);
}

struct Till : Server<Till> {
    struct Pay {
        using Reply = int;
    };
    using Messages = fiberscope::Messages<Pay>;
    Reply<Pay> handle_call(const Pay&) {
        serve(19);
        return 1;
    }
};

} // namespace

class TestEndStacks : public QObject {
    Q_OBJECT

private slots:
    void ends_tell_where_they_began_data();
    void ends_tell_where_they_began();
    void normal_ends_tell_nothing();
    void a_handler_that_throws_is_told_in_the_crash_report();
    void runaways_tell_where_they_ran();
    void a_storm_of_exceptions_is_told_as_well();
    void no_end_is_told_with_the_stack_of_another();
    void unloaded_code_is_not_named_after_what_took_its_place();
    void an_exception_of_another_thread_is_told_where_it_came_in();
    void crash_reports_say_what_otp_says();
};

void TestEndStacks::ends_tell_where_they_began_data() {
    QTest::addColumn<void (*)(Process&)>("body");
    QTest::addColumn<bool>("is_killed");
    QTest::addColumn<QStringList>("functions"); ///< in this order, innermost first
    QTest::addRow("thrown by a library") << &clerk << false << QStringList{"look_up_shelf", "serve", "clerk"};
    QTest::addRow("thrown again") << &rethrower << false << QStringList{"fail_after_others", "rethrower"};
    QTest::addRow("exit") << &quitter << false << QStringList{"give_up", "quitter"};
    QTest::addRow("killed while it waits") << &shop << true << QStringList{"wait_for_customers", "shop"};
    QTest::addRow("terminate") << &slammer << false << QStringList{"look_up_shelf", "serve", "slam_the_door", "slammer"};
}

void TestEndStacks::ends_tell_where_they_began() {
    using Body = void (*)(Process&);
    QFETCH(Body, body);
    QFETCH(bool, is_killed);
    QFETCH(QStringList, functions);
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(body);
    if (is_killed) {
        QVERIFY(node.wait_until_quiet(10s));
        node.exit(pid, ExitReason::kill());
    }
    reason_of_end(me, pid, monitor);
    const std::string text = exit_event_of(node, pid).stack_text;
    std::size_t from = 0;
    for (const QString& function : functions) {
        const std::size_t at = text.find(function.toStdString() + " (tst_end_stacks.cpp:", from);
        QVERIFY2(at != std::string::npos, qPrintable(function + " is not in:\n" + text.c_str()));
        from = at;
    }
    QVERIFY2(text.find("ControlBlock") == std::string::npos, text.c_str()); // the runtime's own frames are left out
}

void TestEndStacks::normal_ends_tell_nothing() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) { self.exit(ExitReason::shutdown()); });
    reason_of_end(me, pid, monitor);
    QCOMPARE(exit_event_of(node, pid).stack_text, std::string{});
}

void TestEndStacks::a_handler_that_throws_is_told_in_the_crash_report() {
    Node node{with_schedulers(1)};
    const Pid till = *node.start(Till::start());
    QVERIFY(!node.call(till, Till::Pay{}));
    const std::string stack = crash_report(node, till, "stack");
    QVERIFY2(stack.find("look_up_shelf (tst_end_stacks.cpp:") != std::string::npos, stack.c_str());
    QVERIFY2(stack.find("handle_call (tst_end_stacks.cpp:") != std::string::npos, stack.c_str());
}

void TestEndStacks::runaways_tell_where_they_ran() {
    if (const std::string why = why_no_signals(); !why.empty())
        QSKIP(why.c_str());
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(run_away);
    QTRY_COMPARE(node.snapshot().schedulers[0].running, pid);
    node.exit(pid, ExitReason::kill());
    reason_of_end(me, pid, monitor);
    const Event end = exit_event_of(node, pid);
    QVERIFY(end.abandoned);
    QVERIFY2(end.stack_text.find("spin_until (runaways.hpp:") != std::string::npos, end.stack_text.c_str());
}

/// More than are looked at closely: then the frame pointers tell, which libraries do not keep.
void TestEndStacks::a_storm_of_exceptions_is_told_as_well() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    Pid last;
    for (int i = 0; i < 300; ++i) {
        const auto [pid, monitor] = me->spawn_monitor(clerk);
        reason_of_end(me, pid, monitor);
        last = pid;
    }
    const std::string text = exit_event_of(node, last).stack_text;
    QVERIFY2(text.find("clerk (tst_end_stacks.cpp:") != std::string::npos, text.c_str());
}

void TestEndStacks::crash_reports_say_what_otp_says() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto body = [](Process& self) {
        self.put(Term::atom("aisle"), Term::integer(4));
        self.set_label("the clerk of aisle 4");
        self.link(self.receive<Pid>()); // the other message stays
        serve(20);
    };
    const Pid friendly = me->spawn([](Process& self) {
        self.trap_exit(true);
        self.receive<Tock>();
    });
    const auto [pid, monitor] = me->spawn_monitor(body, {.name = "aisle_clerk", .initial_function = "the clerk"});
    me->send(pid, Tick{7});
    me->send(pid, friendly);
    reason_of_end(me, pid, monitor);
    QCOMPARE(crash_report(node, pid, "initial_call"), std::string{"the clerk"});
    QCOMPARE(crash_report(node, pid, "pid"), to_string(pid));
    QCOMPARE(crash_report(node, pid, "registered_name"), std::string{"aisle_clerk"});
    QCOMPARE(crash_report(node, pid, "label"), std::string{"the clerk of aisle 4"});
    QCOMPARE(crash_report(node, pid, "ancestors"), "[" + to_string(me->pid()) + "]");
    QCOMPARE(crash_report(node, pid, "message_queue_len"), std::string{"1"});
    QCOMPARE(crash_report(node, pid, "messages"), std::string{"[Tick {7}]"});
    QCOMPARE(crash_report(node, pid, "links"), "[" + to_string(friendly) + "]");
    QCOMPARE(crash_report(node, pid, "dictionary"), std::string{"[{aisle,4}]"});
    const std::string reason = crash_report(node, pid, "error_info");
    QVERIFY2(reason.starts_with("{error,\"vector::"), reason.c_str());
    const std::string stack = crash_report(node, pid, "stack");
    QVERIFY2(stack.find("serve (tst_end_stacks.cpp:") != std::string::npos, stack.c_str());
}

/// Exceptions get the memory of those before them.
void TestEndStacks::no_end_is_told_with_the_stack_of_another() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const std::pair<void (*)(Process&), const char*> bodies[] = {
        {baker, "run_out_of_bread"}, {milkman, "run_out_of_milk"}, {clerk, "look_up_shelf"}, {buyer, "buyer"}};
    for (int i = 0; i < 200; ++i) {
        const auto [body, place] = bodies[i * 7 % 4];
        const auto [pid, monitor] = me->spawn_monitor(body);
        reason_of_end(me, pid, monitor);
        const std::string text = exit_event_of(node, pid).stack_text;
        for (const auto& [other, function] : bodies)
            QVERIFY2((text.find(function) != std::string::npos) == (other == body), text.c_str());
    }
}

void TestEndStacks::an_exception_of_another_thread_is_told_where_it_came_in() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const std::exception_ptr outside = std::make_exception_ptr(std::runtime_error{"outside"});
    const auto [pid, monitor] = me->spawn_monitor([outside](Process& self) { mourner(self, outside); });
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"{error,\"outside\"}"});
    const std::string text = exit_event_of(node, pid).stack_text;
    QVERIFY2(text.find("mourner") != std::string::npos, text.c_str());
}

void TestEndStacks::unloaded_code_is_not_named_after_what_took_its_place() {
    using Body = void (*)(Process&);
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto end_in = [&](void* module) {
        const auto [pid, monitor] = me->spawn_monitor(reinterpret_cast<Body>(::dlsym(module, "swapped_body")));
        reason_of_end(me, pid, monitor);
        return pid;
    };
    void* first = ::dlopen(FIBERSCOPE_FIRST, RTLD_NOW | RTLD_LOCAL);
    QVERIFY2(first != nullptr, ::dlerror());
    const void* const place = ::dlsym(first, "swapped_body");
    const Pid named = end_in(first);
    QVERIFY(exit_event_of(node, named).stack_text.find("first_place") != std::string::npos);
    const Pid forgotten = end_in(first);
    ::dlclose(first);
    void* second = ::dlopen(FIBERSCOPE_SECOND, RTLD_NOW | RTLD_LOCAL);
    QVERIFY2(second != nullptr, ::dlerror());
    if (::dlsym(second, "swapped_body") != place)
        QSKIP("it has not taken the place of the first");
    const std::string text = exit_event_of(node, forgotten).stack_text;
    QVERIFY2(text.find("unloaded code") != std::string::npos, text.c_str());
    QVERIFY2(text.find("second_place") == std::string::npos, text.c_str());
    QCOMPARE(name_of(exit_event_of(node, forgotten).initial_function), name_of(0));
    const std::string text_of_second = exit_event_of(node, end_in(second)).stack_text;
    QVERIFY2(text_of_second.find("second_place") != std::string::npos, text_of_second.c_str());
    QVERIFY2(text_of_second.find("first_place") == std::string::npos, text_of_second.c_str());
    ::dlclose(second);
}

QTEST_APPLESS_MAIN(TestEndStacks)
#include "tst_end_stacks.moc"
