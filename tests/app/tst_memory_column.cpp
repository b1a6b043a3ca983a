// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk.hpp"

#include <fiberscope/fiberscope.hpp>

using namespace fiberscope;
using namespace fiberscope::app;
using namespace fiberscope::app::test;

namespace {

struct Keep {
    using Reply = std::monostate;
    std::vector<std::string> texts;
};

/// Keeps copies of its own.
struct Store final : Server<Store> {
    using Messages = fiberscope::Messages<Keep>;
    Reply<Keep> handle_call(const Keep& keep) {
        texts = keep.texts;
        return std::monostate{};
    }
    std::vector<std::string> texts;
};

/// What the column of that name shows of a process; -1: nothing.
qint64 memoryOf(Desk& desk, const QString& process) {
    const auto* const model = desk.find<QTableView>("processTable").model();
    const QModelIndex row = desk.rowOf(process);
    for (int column = 0; row.isValid() && column < model->columnCount(); ++column)
        if (model->headerData(column, Qt::Horizontal).toString() == "Memory")
            return row.siblingAtColumn(column).data().toString().remove(',').toLongLong();
    return -1;
}

/// How many keys a shard of the store says it has.
qint64 keysOf(Desk& desk, const char* shard) {
    const auto state = desk.node.call(shard, sys::GetState{});
    return state && *state ? (*state)->elements()[0].elements()[1].as_integer() : 0;
}

} // namespace

/// In a program that is linked with Fiberscope::Allocation, as `fiberscope` is, the window shows what processes hold.
class TestMemoryColumn : public QObject {
    Q_OBJECT

private slots:
    void theColumnShowsWhatAProcessHolds() {
        Desk desk;
        const Pid store = *desk.node.start(Store::start().named("store"));
        QVERIFY(desk.node.call(store, Keep{std::vector<std::string>(5000, std::string(100, 'x'))}));
        QTRY_VERIFY(memoryOf(desk, "store") > 500'000);
        QVERIFY(memoryOf(desk, "store") < 2'000'000);
    }

    void theColumnShowsWhatAShardHolds() {
        constexpr qint64 leastBytesOfAKey = 100; // the node of its entry; its value is longer than what lies in a string itself
        Desk desk;
        desk.startByToolbar("kv", "1");
        QTRY_VERIFY(desk.rowOf("kv_shard_1").isValid());
        QTRY_VERIFY_WITH_TIMEOUT(keysOf(desk, "kv_shard_1") > 50, 20'000);
        const qint64 keys = keysOf(desk, "kv_shard_1");
        QTRY_VERIFY(memoryOf(desk, "kv_shard_1") > keys * leastBytesOfAKey);
    }

    void systemShowsTheSums() {
        Desk desk;
        desk.window.setCurrentTab("System");
        for (const char* const sum : {"Allocated by processes", "Allocated by nobody"})
            QTRY_VERIFY2(desk.find<QLabel>(sum).text().endsWith('B'), qPrintable(desk.find<QLabel>(sum).text()));
    }
};

QTEST_MAIN(TestMemoryColumn)
#include "tst_memory_column.moc"
