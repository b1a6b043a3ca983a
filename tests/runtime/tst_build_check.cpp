// SPDX-License-Identifier: BSL-1.0
/// A program that lacks a flag which processes need is told so at the start of its Node.
#include "process_fixture.hpp"

using namespace fiberscope;
using namespace fiberscope::test;
using detail::BuildFlags;

#define FIBERSCOPE_BUILDS_OF(level)                                                                                              \
    BuildFlags build_of_##level##_yes_yes();                                                                                     \
    BuildFlags build_of_##level##_yes_no();                                                                                      \
    BuildFlags build_of_##level##_no_yes();                                                                                      \
    BuildFlags build_of_##level##_no_no()
FIBERSCOPE_BUILDS_OF(O0);
FIBERSCOPE_BUILDS_OF(O2);
FIBERSCOPE_BUILDS_OF(O3);

namespace {

using Compiled = BuildFlags (*)();

std::vector<std::string> warnings_of(const Node& node) {
    std::vector<std::string> titles;
    for (const Event& event : node.events_after(0).events)
        if (event.log != nullptr && event.log->level == LogLevel::warning)
            titles.push_back(event.log->title);
    return titles;
}

} // namespace

class TestBuildCheck : public QObject {
    Q_OBJECT

private slots:
    void flags_are_seen_in_the_code_data();
    void flags_are_seen_in_the_code();
    void what_is_missing_is_told();
    void this_program_lacks_nothing();
};

void TestBuildCheck::flags_are_seen_in_the_code_data() {
    QTest::addColumn<Compiled>("build");
    QTest::addColumn<bool>("probes");
    QTest::addColumn<bool>("frames");
#define FIBERSCOPE_ROWS_OF(level)                                                                                                \
    QTest::addRow(#level ", both") << &build_of_##level##_yes_yes << true << true;                                               \
    QTest::addRow(#level ", probes") << &build_of_##level##_yes_no << true << false;                                             \
    QTest::addRow(#level ", frames") << &build_of_##level##_no_yes << false << true;                                             \
    QTest::addRow(#level ", none") << &build_of_##level##_no_no << false << false
    FIBERSCOPE_ROWS_OF(O0);
    FIBERSCOPE_ROWS_OF(O2);
    FIBERSCOPE_ROWS_OF(O3);
}

void TestBuildCheck::flags_are_seen_in_the_code() {
    QFETCH(Compiled, build);
    QFETCH(bool, probes);
    QFETCH(bool, frames);
    QCOMPARE(build().probes_stack, probes);
    QCOMPARE(build().keeps_frame_pointers, frames);
}

void TestBuildCheck::what_is_missing_is_told() {
    const Node node{with_schedulers(1), build_of_O2_no_no()};
    for (const char* flag : {"without -fstack-clash-protection", "without -fno-omit-frame-pointer"}) {
        QVERIFY(node.snapshot().node.compiled.find(flag) != std::string::npos);
        QCOMPARE(warnings_of(node).size(), 1U);
        QVERIFY(warnings_of(node).front().find(flag) != std::string::npos);
    }
}

void TestBuildCheck::this_program_lacks_nothing() {
    const Node node{with_schedulers(1)};
    QVERIFY(warnings_of(node).empty());
    QVERIFY2(node.snapshot().node.compiled.starts_with("with "), node.snapshot().node.compiled.c_str());
}

QTEST_APPLESS_MAIN(TestBuildCheck)
#include "tst_build_check.moc"
