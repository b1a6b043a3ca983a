// SPDX-License-Identifier: BSL-1.0
/// Times to wait: what is too far never comes, what is negative is refused.
#include "process_fixture.hpp"
#include "servers.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

using Seconds = std::chrono::duration<double>;
using Waiting = std::function<void(Process&)>;

constexpr Duration of(WaitTime time) {
    return time;
}
static_assert(of(1h) == 3600s && of(0s) == 0s);
static_assert(of(std::chrono::seconds::max()) == infinity && of(std::chrono::hours::max()) == infinity);
static_assert(of(Duration::max() - 1ns) == Duration::max() - 1ns);
static_assert(of(std::chrono::duration<std::uint64_t, std::nano>::max()) == infinity);
static_assert(of(std::chrono::seconds{9'223'372'036}) == 9'223'372'036s);
static_assert(of(std::chrono::seconds{9'223'372'037}) == infinity);
static_assert(of(Seconds{0.25}) == 250ms);
static_assert(of(std::chrono::duration<double, std::nano>{1.5}) == 2ns); // never early
static_assert(of(std::chrono::duration<int, std::ratio<1, 3>>{3}) == 1s);
static_assert(of(Seconds{std::numeric_limits<double>::infinity()}) == infinity);

/// Counts how often its idle time was over.
class Idle final : public Server<Idle> {
public:
    using Messages = fiberscope::Messages<Get>;
    explicit Idle(Duration time) { idle_timeout(time); }
    void handle_timeout() { ++times_; }
    Reply<Get> handle_call(const Get&) { return times_; }

private:
    int times_ = 0;
};

std::string error_of(const std::function<void()>& function) {
    try {
        function();
    } catch (const Error& error) {
        return to_string(error.term);
    }
    return "none";
}

} // namespace

class WaitTimeTest final : public QObject {
    Q_OBJECT

private slots:
    void what_is_far_never_comes_data() {
        QTest::addColumn<Waiting>("wait");
        const auto row = [](const char* name, Waiting wait) { QTest::newRow(name) << std::move(wait); };
        row("sleep", [](Process& self) { self.sleep(std::chrono::hours::max()); });
        row("sleep, 290 years", [](Process& self) { self.sleep(std::chrono::hours{24LL * 365 * 290}); });
        row("after", [](Process& self) { self.receive(on<Tick>([](Tick) {}), after(std::chrono::seconds::max())); });
        row("after, almost", [](Process& self) { self.receive(on<Tick>([](Tick) {}), after(Duration::max() - 1ns)); });
        row("after, 2^50 ms",
            [](Process& self) { self.receive(on<Tick>([](Tick) {}), after(std::chrono::milliseconds{1LL << 50})); });
        row("after, double", [](Process& self) { self.receive(on<Tick>([](Tick) {}), after(Seconds{HUGE_VAL})); });
        row("receive_for", [](Process& self) { self.receive_for<Tick>(std::chrono::minutes::max()); });
        row("send_after", [](Process& self) {
            self.send_after(std::chrono::seconds::max(), self.pid(), Tick{});
            self.receive<Tick>();
        });
        row("start_timer", [](Process& self) {
            self.start_timer(std::chrono::seconds::max(), self.pid(), Term{1});
            self.receive<Timeout>();
        });
        row("call", [](Process& self) { self.try_call("silent", Get{}, std::chrono::seconds::max()); });
        row("stop", [](Process& self) {
            const Pid stubborn = self.spawn([](Process& it) { it.receive<Tick>(); });
            static_cast<void>(self.stop(stubborn, ExitReason::normal(), std::chrono::hours::max()));
        });
        row("await",
            [](Process& self) { task::async(self, [](Process& it) { it.receive<Tick>(); }).await(std::chrono::seconds::max()); });
    }
    void what_is_far_never_comes() {
        QFETCH(Waiting, wait);
        Node node;
        QVERIFY(node.start(Silent::start().named("silent")).has_value());
        const Pid waiting = node.spawn(wait);
        QVERIFY(node.wait_until_quiet(std::chrono::seconds::max())); // a wait that was over would have ended it
        QVERIFY(node.is_alive(waiting));
    }
    void a_far_idle_time_is_never_over() {
        Node node;
        for (const Duration time : {Duration::max(), Duration::max() - 1ns}) {
            const Pid server = *node.start(Idle::start(time));
            QVERIFY(node.wait_until_quiet(10s));
            QCOMPARE(*node.call(server, Get{}), 0);
        }
    }
    void a_timer_that_is_far_can_be_read() {
        Node node;
        auto me = node.attach();
        const TimerRef timer = me->send_after(Duration::max() - 1ns, me->pid(), Tick{});
        QVERIFY(me->read_timer(timer) > std::chrono::hours{24 * 365 * 200});
        QVERIFY(me->cancel_timer(timer).has_value());
    }
    void a_node_stops_in_any_time() {
        Node node;
        node.spawn([](Process& self) { self.receive<Tick>(); });
        QVERIFY(node.stop(std::chrono::seconds::max()).empty());
    }

    void negative_is_badarg_data() {
        QTest::addColumn<Waiting>("wait");
        const auto row = [](const char* name, Waiting wait) { QTest::newRow(name) << std::move(wait); };
        row("sleep", [](Process& self) { self.sleep(-1s); });
        row("sleep, the lowest", [](Process& self) { self.sleep(std::chrono::hours::min()); });
        row("less than a nanosecond", [](Process& self) { self.sleep(std::chrono::duration<std::int64_t, std::pico>{-1}); });
        row("no number", [](Process& self) { self.sleep(Seconds{std::nan("")}); });
        row("after", [](Process& self) { self.receive(on<Tick>([](Tick) {}), after(-1ns)); });
        row("receive_for", [](Process& self) { self.receive_for<Tick>(-1s); });
        row("send_after", [](Process& self) { self.send_after(-1s, self.pid(), Tick{}); });
        row("start_timer", [](Process& self) { self.start_timer(-1s, self.pid(), Term{1}); });
        row("call", [](Process& self) { self.try_call("silent", Get{}, -1s); });
        row("stop", [](Process& self) { static_cast<void>(self.stop("silent", ExitReason::normal(), -1s)); });
        row("await", [](Process& self) { task::async_nolink(self, [] {}).try_await(-1s); });
        row("yield", [](Process& self) { task::async_nolink(self, [] {}).yield(-1s); });
        row("shutdown", [](Process& self) { static_cast<void>(task::async_nolink(self, [] {}).shutdown(Shutdown{-5ms})); });
    }
    void negative_is_badarg() {
        QFETCH(Waiting, wait);
        Node node;
        QVERIFY(node.start(Silent::start().named("silent")).has_value());
        auto me = node.attach();
        QCOMPARE(error_of([&] { wait(*me); }), std::string{"badarg"});
        QVERIFY(node.whereis("silent"));
    }
    void negative_is_badarg_outside_too() {
        Node node;
        QCOMPARE(error_of([&] { static_cast<void>(node.call("logger", Get{}, -1s)); }), std::string{"badarg"});
        QCOMPARE(error_of([&] { node.stop(-1s); }), std::string{"badarg"});
        QCOMPARE(error_of([&] { node.wait_until_quiet(-1s); }), std::string{"badarg"});
        QCOMPARE(to_string(node.start(Idle::start(Duration{-1})).error()), std::string{"{error,badarg}"});
    }

    void messages_that_it_does_not_want_do_not_stop_its_time() {
        Node node{with_schedulers(2)};
        std::atomic<bool> is_over{false};
        const Pid receiver = node.spawn([&](Process& self) {
            self.receive(on<Tick>([](Tick) {}), after(50ms));
            is_over = true;
        });
        node.spawn([&](Process& self) {
            for (int sent = 0; !is_over && sent < 20'000'000; ++sent)
                self.send(receiver, Tock{});
        });
        QTRY_VERIFY_WITH_TIMEOUT(is_over.load(), 20'000);
    }
};

QTEST_APPLESS_MAIN(WaitTimeTest)
#include "tst_wait_time.moc"
