// SPDX-License-Identifier: BSL-1.0
/// Destructors of messages, servers and bodies: in whom they run, and that what they do is the end of one process at most.
#include "failing_code.hpp"

#include <functional>
#include <thread>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

/// Says goodbye from its destructor.
class Leaver final : public Server<Leaver> {
public:
    Leaver(Pid tell, bool waits) : tell_{tell}, waits_{waits} {}
    ~Leaver() override {
        try {
            if (waits_)
                self().receive<Tick>();
        } catch (const Error&) { // nothing is waited for
        }
        self().send(tell_, Tock{1});
        for (int i = 0; i < 100; ++i)
            self().poll();
        self().send(tell_, Tock{2});
    }

private:
    Pid tell_;
    bool waits_;
};

} // namespace

class TestLastWords : public QObject {
    Q_OBJECT

private slots:
    void messages_to_the_dead_end_their_sender_data() { add_scheduler_rows(); }
    void messages_to_the_dead_end_their_sender();
    void messages_left_behind_do_not_hide_the_end_data() { add_scheduler_rows(); }
    void messages_left_behind_do_not_hide_the_end();
    void messages_that_come_too_late();
    void destructors_that_throw();
    void destructors_that_do_not_end();
    void timers_that_do_not_arrive();
    void late_replies();
    void destructors_at_the_end_may_send_data();
    void destructors_at_the_end_may_send();
    void a_wait_without_a_time_is_the_end();
    void what_destructors_link_is_told();
};

void TestLastWords::messages_to_the_dead_end_their_sender() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    const auto [dead, dead_monitor] = me->spawn_monitor([](Process&) {});
    QCOMPARE(to_string(reason_of_end(me, dead, dead_monitor)), std::string{"normal"});
    const std::function<void(Process&)> ways[] = {
        [dead = dead](Process& self) { self.send(dead, Bomb{}); },
        [dead = dead](Process& self) { self.cast(dead, Bomb{}); },
        [dead = dead](Process& self) { self.node().send(dead, Bomb{}); },
        [dead = dead](Process& self) { self.send_after(1h, dead, Bomb{}); },
        [](Process& self) { self.cancel_timer(self.send_after(1h, self.pid(), Bomb{})); },
        [dead = dead](Process& self) { self.send(dead, ThrowingBomb{}); },
        [](Process& self) {
            self.send(self.pid(), ThrowingBomb{});
            self.receive(on_any([](const Message&) {})); // it leaves the receive
        },
    };
    for (const auto& way : ways) {
        const auto [pid, monitor] = me->spawn_monitor(way);
        QCOMPARE(to_string(reason_of_end(me, pid, monitor)), through_noexcept);
    }
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.snapshot().node.abandoned, std::size(ways));
    QCOMPARE(node.process_count(), 2U);
}

namespace {
struct Question {
    using Reply = int;
    Bomb bomb;
};
} // namespace

/// Messages that it has not looked at, in its mailbox and on their way to it, are destroyed after all have been told.
void TestLastWords::messages_left_behind_do_not_hide_the_end() {
    QFETCH(unsigned, count);
    NodeConfig config = with_schedulers(count);
    Node node{config};
    ExternalProcess me = node.attach();
    ExternalProcess watcher = node.attach();
    std::atomic<int> state{0};
    const auto [pid, monitor] = me->spawn_monitor(
        [&](Process& self) {
            self.receive<Tick>(); // the first bombs are in its mailbox
            state = 1;
            while (state == 1)
                continue; // the others it does not see
        },
        {.name = "bombed"});
    const Pid process = pid;
    const MonitorRef second = watcher->monitor(process);
    for (int i = 0; i < 3; ++i)
        me->send(process, Bomb{});
    me->send(process, Tick{});
    QTRY_COMPARE(state.load(), 1);
    for (int i = 0; i < 3; ++i)
        me->send(process, Bomb{});
    auto asked = std::async(std::launch::async, [&] {
        ExternalProcess caller = node.attach();
        const auto answer = caller->try_call(process, Question{}, 10s);
        return answer ? std::string{"answered"} : to_string(answer.error());
    });
    QTRY_COMPARE(node.snapshot().node.messages, 8U);
    state = 2;
    QCOMPARE(to_string(reason_of_end(me, process, monitor)), std::string{"normal"});
    QCOMPARE(to_string(reason_of_end(watcher, process, second)), std::string{"normal"});
    QCOMPARE(asked.get(), std::string{"noproc"});
    QCOMPARE(node.whereis("bombed"), Pid{});
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.process_count(), 3U); // its slot is free again
}

/// Many send to one that ends meanwhile: each message is destroyed once, in some process.
void TestLastWords::messages_that_come_too_late() {
    Node node{with_schedulers(4)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    constexpr int rounds = 100;
    constexpr int senders = 4;
    constexpr int each = 20;
    for (int round = 0; round < rounds; ++round) {
        const Pid target = me->spawn([](Process& self) {
            for (int i = 0; i < 10; ++i)
                self.receive(on_any([](const Message&) {}));
        });
        std::vector<std::pair<Pid, MonitorRef>> all;
        for (int i = 0; i < senders; ++i)
            all.push_back(me->spawn_monitor([&destroyed, target](Process& self) {
                for (int sent = 0; sent < each; ++sent)
                    self.send(target, Mourned{destroyed});
            }));
        for (const auto& [pid, monitor] : all)
            QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
    }
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(destroyed.load(), rounds * senders * each);
}

void TestLastWords::destructors_that_throw() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid server = *node.start(Thrower::start());
    const MonitorRef monitor = me->monitor(server);
    me->send(server, ThrowingBomb{}); // unknown: dropped, in the server
    QCOMPARE(to_string(reason_of_end(me, server, monitor)), through_noexcept);
    QCOMPARE(node.snapshot().node.abandoned, 1U);
}

namespace {
/// Never comes to the end of its destructor.
struct Endless {
    bool is_armed = true;
    Endless() = default;
    Endless(Endless&& other) noexcept : is_armed{std::exchange(other.is_armed, false)} {}
    Endless& operator=(Endless&&) = delete;
    ~Endless() {
        const volatile std::sig_atomic_t never = 0;
        if (is_armed)
            spin_until(never);
    }
};
} // namespace
template <>
struct fiberscope::is_message<Endless> : std::true_type {};

/// The end of its process was announced: no signal reaches it any more, its time is limited even so.
void TestLastWords::destructors_that_do_not_end() {
    if (const std::string why = why_no_signals(); !why.empty())
        QSKIP(why.c_str());
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) { self.receive<Tick>(); });
    me->send(pid, Endless{});
    me->send(pid, Tick{});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
    QTRY_COMPARE(node.process_count(), 2U);
}

/// No process runs where a timer fires; a message that it cannot deliver is destroyed in one all the same.
void TestLastWords::timers_that_do_not_arrive() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    me->send_after(1ms, "nobody", Mourned{destroyed});
    QTRY_COMPARE(destroyed.load(), 1);
    QCOMPARE(node.snapshot().node.abandoned, 0U);
    me->send_after(1ms, "nobody", Bomb{});
    QTRY_COMPARE(node.snapshot().node.abandoned, 1U);
    // those of a process that ends
    const auto [pid, monitor] = me->spawn_monitor([&](Process& self) {
        self.send_after(1h, self.pid(), Mourned{destroyed});
        self.send_after(1h, self.pid(), Bomb{});
    });
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
    QTRY_COMPARE(destroyed.load(), 2);
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.process_count(), 2U);
    QCOMPARE(node.snapshot().node.timers, 0U);
}

namespace {

/// Replies when it is told to.
class Late final : public Server<Late> {
public:
    struct AskMourned {
        using Reply = Mourned;
    };
    struct AskBomb {
        using Reply = Bomb;
    };
    struct Answer {
        std::atomic<int>* destroyed = nullptr;
    };
    using Messages = fiberscope::Messages<AskMourned, AskBomb, Answer>;

    fiberscope::Reply<AskMourned> handle_call(const AskMourned&) {
        mourned_ = from<AskMourned>();
        return fiberscope::Reply<AskMourned>::later();
    }
    fiberscope::Reply<AskBomb> handle_call(const AskBomb&) {
        bomb_ = from<AskBomb>();
        return fiberscope::Reply<AskBomb>::later();
    }
    void handle_cast(Answer answer) {
        if (mourned_)
            reply(self(), *mourned_, Mourned{*answer.destroyed});
        if (bomb_)
            reply(self(), *bomb_, Bomb{});
    }

private:
    std::optional<From<AskMourned>> mourned_;
    std::optional<From<AskBomb>> bomb_;
};

} // namespace
template <>
struct fiberscope::is_message<Late::Answer> : std::true_type {};

/// A reply that nobody waits for any more is destroyed in who has asked, but not while others hold addresses of its stack.
void TestLastWords::late_replies() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    const Pid late = *node.start(Late::start());
    const auto [bombed, bombed_monitor] = me->spawn_monitor([late, to = me->pid()](Process& self) {
        QVERIFY(!self.try_call(late, Late::AskBomb{}, 1ms));
        self.send(to, Tock{});
        self.receive<Tick>();
    });
    QVERIFY(me->receive_for<Tock>(10s).has_value());
    me->cast(late, Late::Answer{&destroyed});
    QCOMPARE(to_string(reason_of_end(me, bombed, bombed_monitor)), through_noexcept);

    const Pid other = *node.start(Late::start());
    std::atomic<bool> goes_on{false};
    const auto [blocks, blocks_monitor] = me->spawn_monitor([&, other, to = me->pid()](Process& self) {
        QVERIFY(!self.try_call(other, Late::AskMourned{}, 1ms));
        self.send(to, Tock{});
        self.blocking([&] {
            while (!goes_on)
                std::this_thread::yield();
        });
    });
    QVERIFY(me->receive_for<Tock>(10s).has_value());
    me->cast(other, Late::Answer{&destroyed});
    me->stop(other);
    QVERIFY(inspected(node, blocks, Inspect::links).alive); // it has looked at all that has come
    QCOMPARE(destroyed.load(), 0);
    goes_on = true;
    QCOMPARE(to_string(reason_of_end(me, blocks, blocks_monitor)), std::string{"normal"});
    QTRY_COMPARE(destroyed.load(), 1);
}

// -- destructors at the end ----

void TestLastWords::destructors_at_the_end_may_send_data() {
    QTest::addColumn<bool>("is_killed");
    QTest::addColumn<bool>("waits");
    QTest::newRow("killed") << true << false;
    QTest::newRow("killed, waits") << true << true;
    QTest::newRow("stopped") << false << false;
}

void TestLastWords::destructors_at_the_end_may_send() {
    QFETCH(bool, is_killed);
    QFETCH(bool, waits);
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid server = *node.start(Leaver::start(me->pid(), waits));
    const MonitorRef monitor = me->monitor(server);
    if (is_killed)
        me->exit(server, ExitReason::kill());
    else
        me->stop(server);
    QCOMPARE(me->receive_for<Tock>(10s).value_or(Tock{}).number, 1);
    QCOMPARE(me->receive_for<Tock>(10s).value_or(Tock{}).number, 2);
    QCOMPARE(to_string(reason_of_end(me, server, monitor)), std::string{is_killed ? "killed" : "normal"});
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

namespace {
/// Links whoever destroys it.
struct Linker {
    Pid target;
    explicit Linker(Pid to) : target{to} {}
    Linker(Linker&& other) noexcept : target{std::exchange(other.target, {})} {}
    Linker& operator=(Linker&&) = delete;
    ~Linker() {
        if (target)
            current_process()->link(target);
    }
};
} // namespace
template <>
struct fiberscope::is_message<Linker> : std::true_type {};

/// A link that is made after the end was announced is one to a dead process.
void TestLastWords::what_destructors_link_is_told() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [linked, linked_monitor] = me->spawn_monitor([](Process& self) {
        self.trap_exit(true);
        self.exit(Term::tuple({Term::atom("heard"), self.receive<Exit>().reason.term()}));
    });
    const Pid pid = me->spawn([](Process& self) { self.receive<Tick>(); });
    me->send(pid, Linker{linked});
    me->send(pid, Tick{});
    QCOMPARE(to_string(reason_of_end(me, linked, linked_monitor)), std::string{"{heard,noproc}"});
}

/// It has no message to return: an exception leaves the destructor.
void TestLastWords::a_wait_without_a_time_is_the_end() {
    struct Waits {
        Process& self;
        ~Waits() { self.receive<Tick>(); }
    };
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([to = me->pid()](Process& self) {
        const Waits waits{self};
        self.send(to, Tock{});
        self.receive<Tock>();
    });
    QVERIFY(me->receive_for<Tock>(10s).has_value());
    me->exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(node.snapshot().node.abandoned, 1U);
}

QTEST_APPLESS_MAIN(TestLastWords)
#include "tst_last_words.moc"
