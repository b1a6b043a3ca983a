// SPDX-License-Identifier: BSL-1.0
/// The memory of stacks goes back to the system when their processes have ended.
#include "process_fixture.hpp"
#include "sanitizers.hpp"

#include <fstream>
#include <vector>

#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

std::size_t resident_kib() {
    std::ifstream file{"/proc/self/statm"};
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// Uses more of its stack than others before it waits.
void wait_deep(Process& self, int depth) {
    [[maybe_unused]] volatile char frame[512] = {};
    if (depth > 0)
        wait_deep(self, depth - 1);
    else
        self.receive<int>();
    frame[0] = 1;
}

} // namespace

class TestStackMemory : public QObject {
    Q_OBJECT

private slots:
    void comes_back_data();
    void comes_back();
};

void TestStackMemory::comes_back_data() {
    QTest::addColumn<unsigned>("schedulers");
    QTest::addColumn<int>("depth");
    QTest::addColumn<bool>("kills");
    for (const unsigned schedulers : {1U, 2U})
        for (const int depth : {0, 24})
            for (const bool kills : {false, true})
                QTest::addRow("%s, %u schedulers, depth %d", kills ? "killed" : "returned", schedulers, depth)
                    << schedulers << depth << kills;
}

void TestStackMemory::comes_back() {
#if defined(FIBERSCOPE_ADDRESS_SANITIZER) || defined(FIBERSCOPE_THREAD_SANITIZER)
    QSKIP("a sanitizer keeps memory of its own for every stack");
#endif
    QFETCH(unsigned, schedulers);
    QFETCH(int, depth);
    QFETCH(bool, kills);
    constexpr std::size_t processes = 20'000;
    Node node{with_schedulers(schedulers)};
    std::vector<Pid> pids;
    const auto spawn_all = [&](auto body) {
        pids.clear();
        for (std::size_t i = 0; i < processes; ++i)
            pids.push_back(node.spawn(body));
        QVERIFY(node.wait_until_quiet(60s));
    };
    spawn_all([](Process&) {}); // control blocks, which stay
    const std::size_t before = resident_kib();
    spawn_all([depth](Process& self) { wait_deep(self, depth); });
    const std::size_t peak = resident_kib();
    QVERIFY(peak > before + processes * 3); // a page each at least
    for (const Pid pid : pids)
        kills ? node.exit(pid, ExitReason::kill()) : node.send(pid, 1);
    QTRY_COMPARE_WITH_TIMEOUT(node.process_count(), 1U, 60'000);
    // a thousand idle ones a scheduler keep theirs
    QTRY_VERIFY2_WITH_TIMEOUT(
        resident_kib() - before < (peak - before) / 2,
        qPrintable(QString{"%1 KiB before, %2 at the peak, %3 now"}.arg(before).arg(peak).arg(resident_kib())), 10'000);
}

QTEST_APPLESS_MAIN(TestStackMemory)
#include "tst_stack_memory.moc"
