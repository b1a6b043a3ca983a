// SPDX-License-Identifier: BSL-1.0
/// A supervised tree whose processes are killed at random while clients call through it.
/// FIBERSCOPE_CHAOS_SECONDS: how long a row goes on; FIBERSCOPE_SEED: of who is killed when.
#include "chaos_history.hpp"
#include "chaos_tree.hpp"

#include <deque>
#include <thread>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace fiberscope::test::chaos;

namespace {

std::uint64_t seed() {
    static const std::uint64_t value = qEnvironmentVariableIsSet("FIBERSCOPE_SEED")
                                           ? qEnvironmentVariable("FIBERSCOPE_SEED").toULongLong()
                                           : std::random_device{}();
    return value;
}

std::chrono::duration<double> length_of_a_row() {
    bool is_set = false;
    const double seconds = qEnvironmentVariable("FIBERSCOPE_CHAOS_SECONDS").toDouble(&is_set);
    return std::chrono::duration<double>{is_set ? seconds : 1.5};
}

/// Few slots and many events: a leak of processes is system_limit, and no event is lost between two looks.
NodeConfig config_of(unsigned schedulers) {
    NodeConfig config = with_schedulers(schedulers);
    config.process_limit = 4096;
    config.event_capacity = 1U << 18U;
    return config;
}

/// The node, the tree and those who use it.
class Field {
public:
    explicit Field(unsigned schedulers) : node{config_of(schedulers)}, history{node}, me{node.attach()} {}

    void set_up();
    void let_loose(std::chrono::duration<double> time);
    void stop_all();
    QString audit();
    QString look_at(Target supervisor, std::uint32_t& living);
    std::uint64_t strikes() const { return outside_.strikes + inside_.strikes; }
    bool all_killed_are_dead() const;

    Node node;
    History history;
    ExternalProcess me;
    Tree tree;
    std::deque<ClientJournal> journals; ///< their addresses stay

private:
    void start_reaper();

    static constexpr std::uint64_t clients = 24;
    Reaper outside_{tree.victims, seed()};
    Reaper inside_{tree.victims, seed() + 1};
    std::atomic<bool> goes_on_{true};
    std::pair<Pid, MonitorRef> reaper_;
    std::vector<Pid> clients_;
};

void Field::set_up() {
    QVERIFY(node.start(Application{"chaos", tree.top()}));
    tree.fill_pool(*me);
}

void Field::start_reaper() {
    reaper_ = me->spawn_monitor([this](Process& self) {
        while (goes_on_.load()) {
            for (int i = 0; i < 3; ++i)
                inside_.strike([&self](Atom name) { return self.whereis(name); },
                               [&self](Pid pid, ExitReason reason) { self.exit(pid, std::move(reason)); });
            self.sleep(1ms); // the pace of the killing
        }
    });
}

void Field::let_loose(std::chrono::duration<double> time) {
    for (std::uint64_t i = 0; i < clients; ++i) {
        ClientJournal& journal = journals.emplace_back();
        clients_.push_back(
            node.spawn([this, i, &journal](Process& self) { run_client(self, seed() + i, tree.servers, journal); }));
    }
    start_reaper();
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
        outside_.strike([this](Atom name) { return node.whereis(name); },
                        [this](Pid pid, ExitReason reason) { node.exit(pid, std::move(reason)); });
        history.read();
        std::this_thread::sleep_for(1ms); // the pace of the killing from outside
    }
}

void Field::stop_all() {
    goes_on_ = false;
    reason_of_end(me, reaper_.first, reaper_.second);
    for (const Pid client : clients_)
        node.send(client, StopClient{});
}

bool Field::all_killed_are_dead() const {
    const auto is_dead = [this](Pid pid) { return !node.is_alive(pid); };
    return std::all_of(outside_.killed.begin(), outside_.killed.end(), is_dead) &&
           std::all_of(inside_.killed.begin(), inside_.killed.end(), is_dead);
}

/// What is wrong with what the clients saw; empty: nothing.
QString Field::audit() {
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
    QString wrong;
    for (std::uint64_t i = 0; i < clients; ++i) {
        const ClientJournal& journal = journals[i];
        const auto lost = me->call("chaos_store", Audit{seed() + i, journal.acknowledged}, 60s);
        if (lost != 0 || journal.hung != 0 || journal.mixed_up != 0 || journal.left_over != 0 || !journal.ended)
            wrong += QString{"client %1: %2 lost or doubled, %3 hung, %4 mixed up, %5 left over\n"}
                         .arg(i)
                         .arg(lost)
                         .arg(journal.hung)
                         .arg(journal.mixed_up)
                         .arg(journal.left_over);
        acknowledged += journal.acknowledged.size();
        refused += journal.refused;
    }
    qInfo("%llu strikes, %llu calls acknowledged, %llu refused; %llu exits, %llu restarts, gave up %llu times",
          static_cast<unsigned long long>(strikes()), static_cast<unsigned long long>(acknowledged),
          static_cast<unsigned long long>(refused), static_cast<unsigned long long>(history.exits),
          static_cast<unsigned long long>(history.restarts), static_cast<unsigned long long>(history.gave_up));
    return wrong;
}

/// Counts who lives below a supervisor, itself included; says which child does not.
QString Field::look_at(Target supervisor, std::uint32_t& living) {
    ++living;
    const auto children = me->try_call(supervisor, WhichChildren{}, 30s);
    if (!children)
        return "a supervisor does not answer";
    for (const ChildInfo& child : *children) {
        if (child.state != ChildInfo::State::running || !node.is_alive(child.pid))
            return QString::fromStdString(to_string(child.id) + " of " + to_string(supervisor.pid) + " does not run");
        if (child.type == ChildType::worker)
            ++living;
        else if (const QString missing = look_at(child.pid, living); !missing.isEmpty())
            return missing;
    }
    return {};
}

} // namespace

class TestChaos : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { qInfo("FIBERSCOPE_SEED=%llu", static_cast<unsigned long long>(seed())); }
    void tree_survives_data() { add_scheduler_rows(); }
    void tree_survives();

private:
    static void check_counters(const Field& field, const NodeRow& before, const NodeRow& after);
    static void check_tree(Field& field);
    static void check_nothing_is_left(Field& field, std::uint32_t processes);
};

/// The counters of the Node and its exit history tell the same.
void TestChaos::check_counters(const Field& field, const NodeRow& before, const NodeRow& after) {
    QCOMPARE(field.history.lost, std::uint64_t{0});
    QVERIFY2(field.history.problems.empty(), field.history.problems.c_str());
    QCOMPARE(field.history.still_going(), std::size_t{0});
    QCOMPARE(after.exits - before.exits, field.history.exits);
    QCOMPARE(after.crashes - before.crashes, field.history.crashes);
    QCOMPARE(after.restarts - before.restarts, field.history.restarts);
    QCOMPARE(after.spawns - before.spawns, field.history.exits); // as many as before are left
    QCOMPARE(after.process_count, before.process_count);
}

void TestChaos::check_tree(Field& field) {
    std::uint32_t living = 0;
    const QString missing = field.look_at("chaos_top", living);
    QVERIFY2(missing.isEmpty(), qPrintable(missing));
    QCOMPARE(living, field.tree.processes);
    for (const Atom name : field.tree.victims)
        QVERIFY2(field.node.is_alive(field.node.whereis(name)), name.name().data());
}

void TestChaos::check_nothing_is_left(Field& field, std::uint32_t processes) {
    QVERIFY(field.node.stop_application("chaos"));
    QVERIFY(field.node.wait_until_quiet(30s));
    const Snapshot snapshot = field.node.snapshot();
    QCOMPARE(snapshot.node.process_count, processes);
    QCOMPARE(snapshot.processes.size(), std::size_t{processes});
    QCOMPARE(snapshot.node.timers, 0U);
    for (const ProcessRow& row : snapshot.processes) {
        QCOMPARE(row.message_queue_length, 0U);
        QCOMPARE(row.links, 0U);
        QCOMPARE(row.monitors, 0U);
    }
    for (const SchedulerRow& scheduler : snapshot.schedulers)
        QCOMPARE(scheduler.started_processes, 0U);
    for (const Atom name : field.tree.victims)
        QVERIFY(!field.node.whereis(name));
}

void TestChaos::tree_survives() {
    QFETCH(unsigned, count);
    Field field{count};
    QVERIFY(field.node.start(Store::start().named("chaos_store")));
    const std::uint32_t without_tree = field.node.process_count();
    field.set_up();
    QVERIFY(field.node.wait_until_quiet(30s));
    field.history.begin();
    const NodeRow before = field.node.snapshot().node;

    field.let_loose(length_of_a_row());
    field.stop_all();
    QVERIFY(field.node.wait_until_quiet(60s));
    field.history.read();
    const NodeRow after = field.node.snapshot().node;

    const QString wrong = field.audit();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QVERIFY(field.all_killed_are_dead());
    check_counters(field, before, after);
    check_tree(field);
    check_nothing_is_left(field, without_tree);
}

QTEST_APPLESS_MAIN(TestChaos)
#include "tst_chaos.moc"
