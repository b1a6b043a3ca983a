// SPDX-License-Identifier: BSL-1.0
/// Processes that have begun go on on other schedulers: what they take along, who stays, and how work is shared.
#include "process_fixture.hpp"

#include <QDeadlineTimer>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <thread>

#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

struct Done {
    int number = 0;
};
struct Numbered {
    Pid from;
    int number = 0;
};

/// While it lives, new Nodes let every process that may move go to another scheduler before each time that it runs.
class Restless {
public:
    Restless() { qputenv("FIBERSCOPE_RESTLESS", "1"); }
    ~Restless() { qunsetenv("FIBERSCOPE_RESTLESS"); }
    Restless(const Restless&) = delete;
    Restless& operator=(const Restless&) = delete;
};

/// By scheduler, the processes of users that have begun.
std::vector<std::size_t> places_of_busy(const Node& node) {
    std::vector<std::size_t> places(node.schedulers() + 1U, 0);
    for (const ProcessRow& row : node.snapshot().processes)
        if (!row.is_system() && !row.is_external() && row.context_switches > 0)
            ++places[row.scheduler];
    return places;
}

bool wait_until(const std::function<bool()>& condition) {
    const QDeadlineTimer deadline{30s};
    while (!condition())
        if (deadline.hasExpired())
            return false;
        else
            std::this_thread::yield();
    return true;
}

} // namespace

class TestMigration : public QObject {
    Q_OBJECT

private slots:
    void errno_goes_along();
    void exceptions_in_flight_go_along();
    void who_is_pinned_stays_data();
    void who_is_pinned_stays();
    void order_of_messages_is_kept();
    void calls_and_timeouts_find_who_has_moved();
    void kills_find_who_has_moved();
    void work_of_one_scheduler_is_shared_data();
    void work_of_one_scheduler_is_shared();
    void a_scheduler_that_goes_offline_empties_itself();
    void what_may_not_move_wakes_nobody();
    void without_an_errno_that_is_found_again_nobody_moves();
};

void TestMigration::errno_goes_along() {
    const Restless restless;
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    constexpr int processes = 50;
    std::atomic<int> moves{0};
    std::atomic<int> wrong{0};
    for (int i = 1; i <= processes; ++i)
        me->spawn([&, i, to = me->pid()](Process& self) {
            for (int round = 0; round < 200; ++round) {
                errno = i;
                const int before = ::gettid();
                round % 8 == 0 ? self.sleep(10us) : self.yield();
                moves += ::gettid() != before ? 1 : 0;
                wrong += errno != i ? 1 : 0;
            }
            self.send(to, Done{});
        });
    for (int i = 0; i < processes; ++i)
        me->receive<Done>();
    QCOMPARE(wrong.load(), 0);
    QVERIFY(moves > 5000);
}

/// Waits in a catch block and in a destructor while an exception unwinds.
void TestMigration::exceptions_in_flight_go_along() {
    const Restless restless;
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    constexpr int processes = 20;
    std::atomic<int> moves{0};
    std::atomic<int> wrong{0};
    struct Waits {
        Process& self;
        std::atomic<int>& wrong;
        ~Waits() {
            const int before = std::uncaught_exceptions();
            self.yield();
            wrong += before != 1 || std::uncaught_exceptions() != before ? 1 : 0;
        }
    };
    for (int i = 0; i < processes; ++i)
        me->spawn([&, i, to = me->pid()](Process& self) {
            for (int round = 0; round < 100; ++round)
                try {
                    const Waits waits{self, wrong};
                    throw std::runtime_error{std::to_string(i)};
                } catch (const std::runtime_error&) {
                    const int before = ::gettid();
                    self.yield();
                    moves += ::gettid() != before ? 1 : 0;
                    try {
                        throw;
                    } catch (const std::runtime_error& again) {
                        wrong += again.what() != std::to_string(i) ? 1 : 0;
                    }
                }
            self.send(to, Done{});
        });
    for (int i = 0; i < processes; ++i)
        me->receive<Done>();
    QCOMPARE(wrong.load(), 0);
    QVERIFY(moves > 1000);
}

void TestMigration::who_is_pinned_stays_data() {
    QTest::addColumn<bool>("by_option");
    QTest::addRow("SpawnOptions::pin") << true;
    QTest::addRow("NoPreempt") << false;
}

void TestMigration::who_is_pinned_stays() {
    QFETCH(bool, by_option);
    const Restless restless;
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    std::atomic<int> moves{0};
    SpawnOptions options;
    options.pin = by_option;
    for (int i = 0; i < 10; ++i)
        me->spawn(
            [&, to = me->pid()](Process& self) {
                std::optional<NoPreempt> scope;
                if (!by_option)
                    scope.emplace();
                const int began = ::gettid();
                for (int round = 0; round < 200; ++round) {
                    self.sleep(1us);
                    moves += ::gettid() != began ? 1 : 0;
                }
                scope.reset();
                self.send(to, Done{});
            },
            options);
    for (int i = 0; i < 10; ++i)
        me->receive<Done>();
    QCOMPARE(moves.load(), 0);
}

void TestMigration::order_of_messages_is_kept() {
    constexpr int senders = 4;
    constexpr int messages = 20'000;
    const Restless restless;
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const Pid receiver = me->spawn([to = me->pid()](Process& self) {
        std::map<Pid, int> last;
        int wrong = 0;
        for (int i = 0; i < senders * messages; ++i) {
            const auto message = self.receive<Numbered>();
            wrong += message.number != ++last[message.from] ? 1 : 0;
        }
        self.send(to, Done{wrong});
    });
    for (int i = 0; i < senders; ++i)
        me->spawn([receiver](Process& self) {
            for (int number = 1; number <= messages; ++number) {
                self.send(receiver, Numbered{self.pid(), number});
                if (number % 7 == 0)
                    self.yield();
            }
        });
    QCOMPARE(me->receive<Done>().number, 0);
}

namespace {
struct Echo final : Server<Echo> {
    struct Ask {
        using Reply = int;
        int number;
    };
    using Messages = fiberscope::Messages<Ask>;
    fiberscope::Reply<Ask> handle_call(const Ask& ask) {
        self().sleep(1us); // its frames move in the middle of a handler
        return ask.number;
    }
};
} // namespace

void TestMigration::calls_and_timeouts_find_who_has_moved() {
    const Restless restless;
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const Pid server = me->start(Echo::start()).value();
    for (int i = 0; i < 20; ++i)
        me->spawn([&, i, server, to = me->pid()](Process& self) {
            int wrong = 0;
            for (int round = 0; round < 200; ++round) {
                wrong += self.call(server, Echo::Ask{i * 1000 + round}, 30s) != i * 1000 + round ? 1 : 0;
                bool has_timed_out = false;
                self.receive(on<Tick>([](const Tick&) {}), after(10us, [&] { has_timed_out = true; }));
                wrong += has_timed_out ? 0 : 1;
            }
            self.send(to, Done{wrong});
        });
    for (int i = 0; i < 20; ++i)
        QCOMPARE(me->receive<Done>().number, 0);
}

void TestMigration::kills_find_who_has_moved() {
    const Restless restless;
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    std::atomic<int> begun{0};
    std::atomic<int> destroyed{0};
    constexpr int processes = 500;
    std::vector<std::pair<Pid, MonitorRef>> children;
    for (int i = 0; i < processes; ++i)
        children.push_back(me->spawn_monitor([&](Process& self) {
            ++begun;
            const Witness witness{destroyed};
            for (;;)
                self.sleep(1us);
        }));
    for (const auto& [child, monitor] : children)
        me->exit(child, ExitReason::kill());
    for (const auto& [child, monitor] : children)
        QVERIFY(reason_of_end(me, child, monitor) == ExitReason::killed());
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(destroyed.load(), begun.load()); // one that was killed before it began has none
}

void TestMigration::work_of_one_scheduler_is_shared_data() {
    QTest::addColumn<unsigned>("schedulers");
    QTest::addColumn<Preemption>("preemption");
    for (const unsigned schedulers : {2U, 4U}) {
        QTest::addRow("%u, cooperative", schedulers) << schedulers << Preemption::cooperative;
        QTest::addRow("%u, signal", schedulers) << schedulers << Preemption::signal;
    }
}

void TestMigration::work_of_one_scheduler_is_shared() {
    QFETCH(unsigned, schedulers);
    QFETCH(Preemption, preemption);
    constexpr std::size_t processes = 100;
    NodeConfig config = with_schedulers(schedulers);
    config.preemption = preemption;
    Node node{config};
    node.set_schedulers_online(1);
    for (std::size_t i = 0; i < processes; ++i)
        node.spawn([](Process& busy) {
            for (;;)
                busy.poll();
        });
    QVERIFY(wait_until([&] { return places_of_busy(node)[1] == processes; }));
    node.set_schedulers_online(schedulers);
    const std::size_t share = processes / schedulers;
    QVERIFY2(wait_until([&] {
                 const auto places = places_of_busy(node);
                 return *std::min_element(places.begin() + 1, places.end()) >= share * 8 / 10;
             }),
             "some scheduler has less than its share");
}

void TestMigration::a_scheduler_that_goes_offline_empties_itself() {
    Node node{with_schedulers(2)};
    for (std::size_t i = 0; i < 20; ++i)
        node.spawn([](Process& busy) {
            for (;;)
                busy.poll();
        });
    QVERIFY(wait_until([&] { return places_of_busy(node)[2] >= 5; }));
    node.set_schedulers_online(1);
    QVERIFY(wait_until([&] { return places_of_busy(node)[2] == 0; }));
    const SchedulerRow row = node.snapshot().schedulers[1];
    QVERIFY(!row.running);
    QVERIFY(row.state == SchedulerState::offline);
}

/// Two loops that stay on their scheduler take turns there: the other one must not look for them all the time.
void TestMigration::what_may_not_move_wakes_nobody() {
    Node node{with_schedulers(2)};
    node.set_schedulers_online(1);
    SpawnOptions options;
    options.pin = true;
    for (int i = 0; i < 4; ++i)
        node.spawn(
            [](Process& busy) {
                for (;;)
                    busy.poll();
            },
            options);
    QVERIFY(wait_until([&] { return places_of_busy(node)[1] == 4; }));
    node.set_schedulers_online(2);
    const auto switches = [&] { return node.snapshot().schedulers[0].context_switches; };
    const auto other = [&] { return node.snapshot().schedulers[1]; };
    const std::uint64_t began = switches();
    const std::uint64_t wake_ups = other().wake_ups;
    QVERIFY(wait_until([&] { return switches() > began + 500; }));
    QVERIFY(other().wake_ups < wake_ups + 50);
    QVERIFY(other().state == SchedulerState::online);
    QCOMPARE(places_of_busy(node)[1], std::size_t{4});
}

void TestMigration::without_an_errno_that_is_found_again_nobody_moves() {
    const Restless restless;
    detail::BuildFlags flags = detail::build_here();
    QVERIFY(flags.finds_errno_again != nullptr);
    flags.finds_errno_again = [](void (*go_elsewhere)(void*), void* argument) {
        go_elsewhere(argument);
        return false;
    };
    NodeConfig config = with_schedulers(2);
    config.log_to_stderr.reset();
    Node node{config, flags};
    ExternalProcess me = node.attach();
    std::atomic<int> moves{0};
    for (int i = 0; i < 10; ++i)
        me->spawn([&, to = me->pid()](Process& self) {
            const int began = ::gettid();
            for (int round = 0; round < 200; ++round) {
                self.sleep(1us);
                moves += ::gettid() != began ? 1 : 0;
            }
            self.send(to, Done{});
        });
    for (int i = 0; i < 10; ++i)
        me->receive<Done>();
    QCOMPARE(moves.load(), 0);
    const auto reports = node.events_after(0).events;
    QVERIFY(std::any_of(reports.begin(), reports.end(), [](const Event& event) {
        return event.log != nullptr && event.log->title.find("errno.h") != std::string::npos;
    }));
}

QTEST_GUILESS_MAIN(TestMigration)
#include "tst_migration.moc"
