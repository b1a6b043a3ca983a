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

std::vector<std::string> cycles_of(const Node& node) {
    std::vector<std::string> cycles;
    for (const Event& event : node.events_after(0).events)
        if (event.log != nullptr && event.log->title == "CALL CYCLE")
            cycles.push_back(event.log->fields.front().second);
    return cycles;
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
        const auto cycles = cycles_of(*node_);
        QVERIFY(!cycles.empty());
        QCOMPARE(cycles.front(), std::string{"alice -> bob -> alice"});
    }
    void who_waits_for_a_circle_tells_of_it() {
        node_->call_async("bob", Ask{{"carol", "bob"}, 2s}, 10s, [](const Result<bool>&) {});
        QTRY_VERIFY(node_->snapshot().node.process_count > 0);
        QVERIFY(node_->wait_until_quiet(10s));
        QVERIFY(node_->call("alice", Ask{{"bob"}, 100ms}).has_value());
        QCOMPARE(cycles_of(*node_).front(), std::string{"bob -> carol -> bob"});
    }
    void a_circle_without_timeout_is_told_of() {
        node_->call_async("alice", Ask{{"bob", "carol", "alice"}, infinity}, infinity, [](const Result<bool>&) {});
        QTRY_VERIFY_WITH_TIMEOUT(!cycles_of(*node_).empty(), 20'000);
        QCOMPARE(cycles_of(*node_).front(), std::string{"alice -> bob -> carol -> alice"});
    }
    void a_chain_is_no_circle() {
        const Pid silent = node_->spawn([](Process& self) { self.receive<Tick>(); }, {.name = "silent"});
        QVERIFY(node_->call("alice", Ask{{"bob", "silent"}, 100ms}).has_value());
        QVERIFY(cycles_of(*node_).empty());
        QVERIFY(node_->is_alive(silent));
    }

private:
    std::unique_ptr<Node> node_;
};

QTEST_APPLESS_MAIN(TestCallCycle)
#include "tst_call_cycle.moc"
