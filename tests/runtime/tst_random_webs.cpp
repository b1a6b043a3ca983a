// SPDX-License-Identifier: BSL-1.0
/// Random webs of links, monitors, exits and names. FIBERSCOPE_WEBS: how many a row; FIBERSCOPE_SEED: of the first, the
/// next ones count on from there. A failure prints the seed that brings its web back as the first.
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

void fail(std::uint64_t seed, const std::string& difference) {
    QFAIL(qPrintable(QString{"FIBERSCOPE_SEED=%1: %2"}.arg(seed).arg(QString::fromStdString(difference))));
}

} // namespace

class TestRandomWebs : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { qInfo("FIBERSCOPE_SEED=%llu", static_cast<unsigned long long>(first_seed())); }
    void webs_are_as_the_rules_say_data() { add_scheduler_rows(); }
    void webs_are_as_the_rules_say();
};

void TestRandomWebs::webs_are_as_the_rules_say() {
    QFETCH(unsigned, count);
    Node node{small_node(count)};
    ExternalProcess me = node.attach();
    Obituary obituary{node};
    const std::uint32_t base = node.process_count();
    for (int web = 0; web < webs_a_row(500); ++web) {
        const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(web);
        if (const std::string difference = WebRunner{node, me, obituary, seed}.run(); !difference.empty())
            return fail(seed, difference);
        QCOMPARE(node.process_count(), base);
    }
}

QTEST_APPLESS_MAIN(TestRandomWebs)
#include "tst_random_webs.moc"
