// SPDX-License-Identifier: BSL-1.0
/// A program whose allocator is part of itself: there its locks might be held where a process is interrupted.
#include "process_fixture.hpp"
#include "sanitizers.hpp"

#include <cstdlib>
#include <new>

#if !defined(FIBERSCOPE_ALLOCATOR_OF_SANITIZER) // which then is part of the program
void* operator new(std::size_t bytes) {
    if (void* memory = std::malloc(bytes > 0 ? bytes : 1))
        return memory;
    throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
    std::free(memory);
}
#endif

using namespace fiberscope;
using namespace fiberscope::test;

class TestSignalsRefused : public QObject {
    Q_OBJECT

private slots:
    void a_program_with_an_allocator_of_its_own() {
        NodeConfig config = with_schedulers(1);
        config.preemption = Preemption::signal;
        Node node{config};
        QCOMPARE(node.preemption(), Preemption::cooperative);
        QCOMPARE(node.set_preemption(Preemption::signal), Preemption::cooperative);
        const std::string shown = node.snapshot().node.preemption;
        QVERIFY2(shown.find("no signals: ") != std::string::npos, shown.c_str());
        const EventBatch batch = node.events_after(0);
        QVERIFY(std::any_of(batch.events.begin(), batch.events.end(), [](const Event& event) {
            return event.log != nullptr && event.log->level == LogLevel::warning &&
                   event.log->title.find("not preempted by signals: ") != std::string::npos;
        }));
    }
};

QTEST_APPLESS_MAIN(TestSignalsRefused)
#include "tst_signals_refused.moc"
