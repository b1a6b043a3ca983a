// SPDX-License-Identifier: BSL-1.0
/// Calls that wait for each other in a circle are told of.
#include "process_fixture.hpp"

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

struct Ask {
    std::vector<Atom> whom; ///< each asks the next
    Duration timeout;
    using Reply = bool;
};

class Asker final : public Server<Asker> {
public:
    using Messages = fiberscope::Messages<Ask>;
    Reply<Ask> handle_call(const Ask& ask) {
        if (ask.whom.empty())
            return true;
        const Ask next{{ask.whom.begin() + 1, ask.whom.end()}, ask.timeout};
        return self().try_call(ask.whom.front(), next, ask.timeout).has_value();
    }
};

/// Calls who starts it.
class Impatient final : public Server<Impatient> {
public:
    using Messages = fiberscope::Messages<Tick>;
    Impatient() { static_cast<void>(self().try_call(self().parent(), sys::GetState{}, 200ms)); }
    void handle_info(Tick) {}
};

struct AskByTask {
    using Reply = bool;
};

/// Waits for a task that calls it.
class Delegate final : public Server<Delegate> {
public:
    using Messages = fiberscope::Messages<AskByTask>;
    Reply<AskByTask> handle_call(const AskByTask&) {
        auto task = task::async(
            self(), [owner = self().pid()](Process& process) { return process.try_call(owner, AskByTask{}, 200ms).has_value(); });
        return task.await();
    }
};

std::string first_cycle_of(const Node& node) {
    const auto reports = reports_of(node, "CALL CYCLE");
    return reports.empty() ? "none" : reports.front().fields.front().second;
}

} // namespace

class TestCallCycle : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_scheduler_rows(); }
    void init() {
        QFETCH_GLOBAL(unsigned, count);
        node_ = std::make_unique<Node>(with_schedulers(count));
        for (const char* const name : {"alice", "bob", "carol"})
            QVERIFY(node_->start(Asker::start().named(name)).has_value());
    }
    void cleanup() { node_.reset(); }

    void a_circle_is_told_of() {
        QVERIFY(node_->call("alice", Ask{{"bob", "alice"}, 200ms}).has_value());
        QCOMPARE(first_cycle_of(*node_), std::string{"alice -> bob -> alice"});
    }
    void who_waits_for_a_circle_tells_of_it() {
        node_->call_async("bob", Ask{{"carol", "bob"}, 2s}, 10s, [](const Result<bool>&) {});
        QVERIFY(node_->wait_until_quiet(10s));
        QVERIFY(node_->call("alice", Ask{{"bob"}, 100ms}).has_value());
        QCOMPARE(first_cycle_of(*node_), std::string{"bob -> carol -> bob"});
    }
    void a_circle_without_timeout_is_told_of() {
        node_->call_async("alice", Ask{{"bob", "carol", "alice"}, infinity}, infinity, [](const Result<bool>&) {});
        QTRY_COMPARE_WITH_TIMEOUT(first_cycle_of(*node_), std::string{"alice -> bob -> carol -> alice"}, 20'000);
    }
    void starts_are_in_it() {
        const auto top = node_->start(Supervisor::one_for_one().child("impatient", Impatient::start()).named("top"));
        QVERIFY(top.has_value());
        const std::string cycle = first_cycle_of(*node_);
        QVERIFY2(cycle.starts_with("top -> <0.") && cycle.ends_with("> -> top"), cycle.c_str());
    }
    void tasks_are_in_it() {
        QVERIFY(node_->start(Delegate::start().named("delegate")).has_value());
        QCOMPARE(*node_->call("delegate", AskByTask{}), false);
        const std::string cycle = first_cycle_of(*node_);
        QVERIFY2(cycle.starts_with("delegate -> <0.") && cycle.ends_with("> -> delegate"), cycle.c_str());
    }
    void stops_are_in_it() {
        const auto stops = [](const char* other) {
            return [other](Process& self) { static_cast<void>(self.stop(other, ExitReason::normal(), 200ms)); };
        };
        const Pid left =
            node_->spawn([stop = stops("right")](Process& self) { self.receive<Tick>(), stop(self); }, {.name = "left"});
        const Pid right =
            node_->spawn([stop = stops("left")](Process& self) { self.receive<Tick>(), stop(self); }, {.name = "right"});
        node_->send(left, Tick{});
        node_->send(right, Tick{});
        QTRY_COMPARE(first_cycle_of(*node_), std::string{"left -> right -> left"});
    }
    void a_chain_is_no_circle() {
        const Pid silent = node_->spawn([](Process& self) { self.receive<Tick>(); }, {.name = "silent"});
        QVERIFY(node_->call("alice", Ask{{"bob", "silent"}, 100ms}).has_value());
        QCOMPARE(first_cycle_of(*node_), std::string{"none"});
        QVERIFY(node_->is_alive(silent));
    }

private:
    std::unique_ptr<Node> node_;
};

QTEST_APPLESS_MAIN(TestCallCycle)
#include "tst_call_cycle.moc"
