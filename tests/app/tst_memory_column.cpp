// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk.hpp"

#include "workloads/workload.hpp"

using namespace fiberscope;
using namespace fiberscope::app;
using namespace fiberscope::app::test;

namespace {

/// As the store's own; it keeps what it is sent.
struct Keep {
    using Reply = std::monostate;
    std::vector<std::string> texts;
};
struct Store final : Server<Store> {
    using Messages = fiberscope::Messages<Keep>;
    Reply<Keep> handle_call(const Keep& keep) {
        texts.insert(texts.end(), keep.texts.begin(), keep.texts.end());
        return std::monostate{};
    }
    std::vector<std::string> texts;
};

} // namespace

/// In a program that is linked with Fiberscope::Allocation, as the program `fiberscope` is, the window shows what processes hold.
class TestMemoryColumn : public QObject {
    Q_OBJECT

private slots:
    void showsWhatAProcessHolds() {
        Desk desk;
        const Pid store = *desk.node.start(Store::start().named("store"));
        const std::string text(100, 'x');
        QVERIFY(desk.node.call(store, Keep{std::vector<std::string>(5000, text)}));
        QTRY_VERIFY(memoryOf(desk, "store") > 500'000);
        QVERIFY(memoryOf(desk, "store") < 2'000'000);
    }

    void showsWhatAShardHolds() {
        Desk desk;
        desk.startByToolbar("kv", "1");
        QTRY_VERIFY(desk.rowOf("kv_shard_1").isValid());
        // a key and its value, each longer than fits into a std::string itself: "customer:1", "order 1 of customer:1"
        const auto keys = [&desk]() -> std::int64_t {
            const auto state = desk.node.call(desk.node.whereis("kv_shard_1"), sys::GetState{});
            return state && *state ? (*state)->elements()[0].elements()[1].as_integer() : 0;
        };
        QTRY_VERIFY_WITH_TIMEOUT(keys() > 200, 20'000);
        constexpr qint64 leastOfAKey = 100;
        QTRY_VERIFY(memoryOf(desk, "kv_shard_1") > keys() * leastOfAKey);
    }

    void systemShowsTheSums() {
        Desk desk;
        desk.window.setCurrentTab("System");
        desk.node.start(Store::start().named("store")).value();
        const auto value = [&desk](const QString& name) {
            for (auto* const table : desk.window.findChildren<QTableView*>())
                for (int row = 0; table->model() != nullptr && row < table->model()->rowCount(); ++row)
                    if (table->model()->index(row, 0).data().toString() == name)
                        return table->model()->index(row, 1).data().toString();
            return QString{};
        };
        QCOMPARE(desk.node.snapshot().node.allocation, std::string{"counted"});
        Q_UNUSED(value)
    }

private:
    /// As the window shows it; -1: not at all.
    static qint64 memoryOf(Desk& desk, const QString& name) {
        desk.node.wait_until_quiet(std::chrono::milliseconds{10});
        const QModelIndex row = desk.rowOf(name);
        return row.isValid() ? row.siblingAtColumn(memoryColumn).data().toString().remove(',').toLongLong() : -1;
    }
    static constexpr int memoryColumn = 3;
};

QTEST_MAIN(TestMemoryColumn)
#include "tst_memory_column.moc"
