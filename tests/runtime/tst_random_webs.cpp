// SPDX-License-Identifier: BSL-1.0
/// Random webs of links, monitors, exits and names. FIBERSCOPE_WEBS: how many a row; FIBERSCOPE_SEED: of the first, the
/// next ones count on from there. A failure prints the seed that brings its web back as the first.
#include "racing_web.hpp"
#include "web_runner.hpp"

using namespace fiberscope;
using namespace fiberscope::test;
using namespace fiberscope::test::webs;

namespace {

std::uint64_t first_seed() {
    static const std::uint64_t seed = qEnvironmentVariableIsSet("FIBERSCOPE_SEED")
                                          ? qEnvironmentVariable("FIBERSCOPE_SEED").toULongLong()
                                          : std::random_device{}();
    return seed;
}

int webs_a_row(int by_default) {
    return qEnvironmentVariableIsSet("FIBERSCOPE_WEBS") ? qEnvironmentVariableIntValue("FIBERSCOPE_WEBS") : by_default;
}

/// Few slots, so that they are used again all the time.
NodeConfig small_node(unsigned schedulers) {
    NodeConfig config = with_schedulers(schedulers);
    config.process_limit = 512;
    return config;
}

template <class Web>
void run_webs(int by_default) {
    QFETCH(unsigned, count);
    Node node{small_node(count)};
    ExternalProcess me = node.attach();
    Obituary obituary{node};
    const std::uint32_t base = node.process_count();
    for (int web = 0; web < webs_a_row(by_default); ++web) {
        const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(web);
        const std::string difference = Web{node, me, obituary, seed}.run();
        QVERIFY2(difference.empty(), qPrintable(QString{"FIBERSCOPE_SEED=%1: %2"}.arg(seed).arg(difference.c_str())));
        QCOMPARE(node.process_count(), base);
    }
}

} // namespace

class TestRandomWebs : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { qInfo("FIBERSCOPE_SEED=%llu", static_cast<unsigned long long>(first_seed())); }
    void webs_are_as_the_rules_say_data() { add_scheduler_rows(); }
    void webs_are_as_the_rules_say();
    void invariants_hold_in_any_order_data() { add_scheduler_rows(); }
    void invariants_hold_in_any_order();
};

void TestRandomWebs::webs_are_as_the_rules_say() {
    run_webs<WebRunner>(500);
}

void TestRandomWebs::invariants_hold_in_any_order() {
    run_webs<RacingWeb>(200);
}

QTEST_APPLESS_MAIN(TestRandomWebs)
#include "tst_random_webs.moc"
