// SPDX-License-Identifier: BSL-1.0
/// Stacks: whose frames they are, how they read, and who shows them.
#include "process_fixture.hpp"

#include "names_of_code.hpp"

#include "inspect/frame_kind.hpp"
#include "inspect/function_names.hpp"
#include "inspect/observation.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <future>
#include <stdexcept>

#include <execinfo.h>

using namespace fiberscope;
using namespace fiberscope::test;
using detail::FunctionNames;

namespace shop {

static int client(int value) {
    return value * 2;
}

/// Where it was called: what a frame of a stack tells of its caller.
[[gnu::noinline]] std::uintptr_t return_address() {
    asm volatile("" ::: "memory"); // each call of it is one
    return reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}

static int take_line = 0;
static int count_line = 0;
static int sell_line = 0;

[[gnu::always_inline]] inline std::uintptr_t take() {
    take_line = __LINE__ + 1;
    const volatile std::uintptr_t place = return_address();
    return place;
}
struct Shelf {
    [[gnu::always_inline]] std::uintptr_t count() const {
        count_line = __LINE__ + 1;
        return take();
    }
};
[[gnu::noinline]] static std::uintptr_t sell() {
    sell_line = __LINE__ + 1;
    return Shelf{}.count();
}

template <class Function>
[[gnu::always_inline]] inline std::uintptr_t twice(const Function& function) {
    function();
    return function();
}
[[gnu::noinline]] static std::uintptr_t order() {
    return twice([]() __attribute__((always_inline)) {
        const volatile std::uintptr_t place = return_address();
        return std::uintptr_t{place};
    });
}

[[gnu::noinline]] static RawStack stack_here() {
    std::array<void*, 64> addresses{};
    const int count = ::backtrace(addresses.data(), static_cast<int>(addresses.size()));
    RawStack stack;
    for (int i = 0; i < count; ++i)
        stack.addresses.push_back(reinterpret_cast<std::uintptr_t>(addresses.at(static_cast<std::size_t>(i))));
    return stack;
}

[[gnu::noinline]] static int recurse(int depth, RawStack& stack) {
    if (depth == 0) {
        stack = stack_here();
        return 0;
    }
    const int below = recurse(depth - 1, stack);
    asm volatile("" ::: "memory"); // it does not become a loop
    return below + 1;
}

static RawStack stack_of_compare;

static int compare(const void* left, const void* right) {
    stack_of_compare = stack_here();
    return *static_cast<const int*>(left) - *static_cast<const int*>(right);
}

/// No call is its last: that would be a jump, and the caller not be on the stack.
[[gnu::always_inline]] inline void wait_for_orders(Process& self) {
    self.sleep(1h);
    [[maybe_unused]] const volatile int woken = 1;
}

namespace {
/// A body that is an object of a class.
struct Customer {
    void operator()(Process& self) const {
        self.sleep(1h);
        [[maybe_unused]] const volatile int woken = 1;
    }
};
} // namespace

} // namespace shop

namespace {

QString function(const FrameInfo& frame) {
    return QString::fromStdString(frame.function);
}

const FrameInfo* find(const std::vector<FrameInfo>& frames, std::string_view function) {
    const auto found = std::find_if(frames.begin(), frames.end(), [function](const FrameInfo& frame) {
        return frame.function.find(function) != std::string::npos;
    });
    return found != frames.end() ? &*found : nullptr;
}

RawStack stack_of(std::vector<std::uintptr_t> return_addresses) {
    RawStack stack;
    stack.addresses = std::move(return_addresses);
    return stack;
}

FrameInfo frame(std::string function, std::string file, int line, FrameKind kind, bool is_inlined = false) {
    return {std::move(function), std::move(file), line, kind, is_inlined, 1};
}

} // namespace

class StacksTest final : public QObject {
    Q_OBJECT

private slots:
    void inlined_functions_have_frames() {
        const std::vector<FrameInfo> frames = FunctionNames::instance().frames_at(shop::sell() - 1);
        QCOMPARE(frames.size(), std::size_t{3});
        const std::array<const char*, 3> functions{"shop::take", "Shelf::count", "shop::sell"};
        const std::array<int, 3> lines{shop::take_line, shop::count_line, shop::sell_line};
        for (std::size_t i = 0; i < frames.size(); ++i) {
            QCOMPARE(function(frames[i]), functions.at(i));
            QCOMPARE(frames[i].line, lines.at(i));
            QVERIFY2(frames[i].file.ends_with("tst_stacks.cpp"), frames[i].file.c_str());
            QCOMPARE(frames[i].is_inlined, i < 2);
            QCOMPARE(frames[i].kind, FrameKind::program);
        }
    }

    void inlined_lambdas_are_named_after_their_function() {
        const std::vector<FrameInfo> frames = FunctionNames::instance().frames_at(shop::order() - 1);
        QCOMPARE(frames.size(), std::size_t{3});
        QCOMPARE(function(frames[0]), "shop::order lambda");
        QVERIFY2(frames[1].function.ends_with("twice"), frames[1].function.c_str());
        QCOMPARE(function(frames[2]), "shop::order");
    }

    void frames_are_of_a_kind_data() {
        QTest::addColumn<QString>("function");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("module");
        QTest::addColumn<FrameKind>("kind");
        const char* const handler =
            "std::_Function_handler<void (fiberscope::Process&), shop::f()::{lambda(int)#1}>::_M_invoke(int)";
        const auto row = [](const char* title, const char* function, const char* file, const char* module, FrameKind kind) {
            QTest::newRow(title) << function << file << module << kind;
        };
        row("of the program", "shop::client(int)", "/home/me/shop/client.cpp", "", FrameKind::program);
        row("no debug information", "shop::client(int)", "", "", FrameKind::program);
        row("named like glue", "shop::invoke(int)", "/home/me/shop/client.cpp", "", FrameKind::program);
        row("runtime", "fiberscope::Process::sleep(long)", "/src/runtime/src/process/process.cpp", "", FrameKind::runtime);
        row("header of the runtime", "run", "/usr/include/fiberscope/receive.hpp", "", FrameKind::runtime);
        row("shared runtime", "fiberscope::Node::stop()", "", "libfiberscope_runtime.so.0", FrameKind::runtime);
        row("body", "fiberscope::detail::BodyOf<shop::Job>::run(fiberscope::Process&)", "", "", FrameKind::runtime);
        row("fibers", "void boost::context::detail::fiber_entry<int>(int)", "", "", FrameKind::runtime);
        row("header of fibers", "run", "/usr/include/boost/context/fiber_fcontext.hpp", "", FrameKind::runtime);
        row("other boost", "boost::multi_index::at(int)", "/usr/include/boost/multi_index/x.hpp", "", FrameKind::library);
        row("assembly", "make_fcontext", "", "libboost_context.so.1.81.0", FrameKind::runtime);
        row("injected call", "fiberscope_injected_call", "", "", FrameKind::runtime);
        row("std::function", handler, "/usr/include/c++/12/bits/std_function.h", "", FrameKind::runtime);
        row("invoke", "__invoke_impl<int, main(int, char**)::<lambda()>&>", "", "", FrameKind::runtime);
        row("template of a library", "std::vector<int>::at(unsigned long)", "/usr/include/c++/12/bits/stl_vector.h", "",
            FrameKind::library);
        row("libc", "qsort", "", "libc.so.6", FrameKind::library);
        row("another module", "plugin::open()", "/home/me/plugin/open.cpp", "libplugin.so", FrameKind::library);
    }
    void frames_are_of_a_kind() {
        QFETCH(QString, function);
        QFETCH(QString, file);
        QFETCH(QString, module);
        QFETCH(FrameKind, kind);
        int some_module = 0;
        detail::CodeModule where;
        where.handle = reinterpret_cast<Dwfl_Module*>(&some_module); // is not looked into
        where.name = module.toStdString();
        where.is_program = module.isEmpty();
        QCOMPARE(detail::kind_of({function.toStdString(), file.toStdString(), 1, false, false}, where), kind);
    }

    void frames_of_libraries_name_the_library() {
        std::array<int, 3> values{3, 1, 2};
        std::qsort(values.data(), values.size(), sizeof(int), &shop::compare);
        const std::vector<FrameInfo> frames = FunctionNames::instance().frames_of(shop::stack_of_compare);
        const FrameInfo* compare = find(frames, "shop::compare");
        const FrameInfo* here = find(frames, "frames_of_libraries_name_the_library");
        QVERIFY(compare != nullptr && here != nullptr && compare + 1 < here);
        QCOMPARE(compare->kind, FrameKind::program);
        for (const FrameInfo* frame = compare + 1; frame < here; ++frame) {
            QCOMPARE(frame->kind, FrameKind::library);
            const bool is_interceptor = frame->file.starts_with("libasan"); // which calls libc's
            QVERIFY2(frame->file == "libc.so.6" || is_interceptor, frame->file.c_str());
            QCOMPARE(frame->line, 0);
        }
        QVERIFY2(find(frames, "qsort") != nullptr, stack_text(frames).c_str());
        QVERIFY(stack_text(frames).find(" (libc.so.6)\n") != std::string::npos);
    }

    void recursion_is_one_frame() {
        RawStack stack;
        QCOMPARE(shop::recurse(24, stack), 24);
        const std::vector<FrameInfo> frames = FunctionNames::instance().frames_of(stack);
        const FrameInfo* innermost = find(frames, "shop::recurse");
        QVERIFY(innermost != nullptr);
        QCOMPARE(innermost->times, 1U);
        const FrameInfo& others = innermost[1]; // called from another line
        QCOMPARE(function(others), "shop::recurse");
        QCOMPARE(others.times, 24U);
        QCOMPARE(function(innermost[2]), "StacksTest::recursion_is_one_frame");
    }

    void frames_that_were_left_out_are_told() {
        const std::uintptr_t sale = shop::sell();
        RawStack stack = stack_of({sale, sale, shop::order()});
        stack.left_out = 1290;
        stack.left_out_after = 1;
        std::vector<FrameInfo> frames = FunctionNames::instance().frames_of(stack);
        QCOMPARE(frames.size(), std::size_t{10});
        QCOMPARE(function(frames[3]), "... 1,290 frames left out ...");
        QVERIFY(frames[3].file.empty());
        QCOMPARE(function(frames[2]), "shop::sell");
        QCOMPARE(function(frames[4]), "shop::take");
        stack.left_out_after = 3;
        QCOMPARE(function(FunctionNames::instance().frames_of(stack).back()), "... 1,290 frames left out ...");
        stack.left_out = 0;
        frames = FunctionNames::instance().frames_of(stack);
        QCOMPARE(find(frames, "left out"), nullptr);
        QVERIFY(FunctionNames::instance().frames_of({}).empty());
    }

    void stacks_are_text() {
        std::vector<FrameInfo> stack{frame("__libc_read", "libc.so.6", 0, FrameKind::library),
                                     frame("vector::at", "/usr/include/c++/12/bits/stl_vector.h", 1152, FrameKind::library, true),
                                     frame("Shard::handle_call", "/home/me/kv/shard.cpp", 40, FrameKind::program, true),
                                     frame("run_clause", "/usr/include/fiberscope/receive.hpp", 93, FrameKind::runtime, true),
                                     frame("kv::recurse", "shard.cpp", 7, FrameKind::program),
                                     frame("... 3 frames left out ...", "", 0, FrameKind::program),
                                     frame("BodyOf::run", "/usr/include/fiberscope/process.hpp", 87, FrameKind::runtime)};
        stack[4].times = 24;
        QCOMPARE(QString::fromStdString(stack_text(stack)),
                 QStringLiteral("__libc_read (libc.so.6)\nShard::handle_call (shard.cpp:40)\nkv::recurse (shard.cpp:7) × 24\n"
                                "... 3 frames left out ..."));
        QVERIFY(stack_text({}).empty());
    }

    void stacks_of_the_runtime_alone_are_shown() {
        const std::vector<FrameInfo> stack{frame("park", "/src/runtime/src/process/control_block.cpp", 12, FrameKind::runtime),
                                           frame("... 3 frames left out ...", "", 0, FrameKind::program),
                                           frame("make_fcontext", "libboost_context.so", 0, FrameKind::runtime)};
        QCOMPARE(QString::fromStdString(stack_text(stack)),
                 QStringLiteral("park (control_block.cpp:12)\n... 3 frames left out ...\nmake_fcontext (libboost_context.so)"));
    }

    void events_tell_their_stacks() {
        EventBatch batch;
        batch.events.resize(2);
        batch.events[0].stack = stack_of({shop::sell()});
        batch.events[1].kind = EventKind::log;
        batch.events[1].stack = stack_of({shop::order()});
        LogEntry entry;
        entry.fields = {{LogEntry::initial_call, ""}, {"reason", "killed"}};
        const auto report = std::make_shared<const LogEntry>(entry);
        batch.events[1].log = report;
        batch.events[1].initial_address = address(&shop::client);
        detail::name_functions(batch);

        const QString sale = QString::fromStdString(batch.events[0].stack_text);
        QCOMPARE(sale.section('\n', 0, 0), QStringLiteral("shop::take (tst_stacks.cpp:%1)").arg(shop::take_line));
        QCOMPARE(sale.count('\n'), 2);
        QVERIFY(batch.events[0].log == nullptr);
        QVERIFY(batch.events[1].stack_text.empty());
        const auto& fields = batch.events[1].log->fields;
        QCOMPARE(fields.size(), std::size_t{3});
        QCOMPARE(QString::fromStdString(fields[0].second), "shop::client");
        QCOMPARE(QString::fromStdString(fields[2].first), "stack");
        QVERIFY(fields[2].second.starts_with("shop::order lambda (tst_stacks.cpp:"));
        QCOMPARE(report->fields.size(), std::size_t{2}); // others hold it, too
    }

    void current_function_is_the_programs() {
        Node node{with_schedulers(1)};
        const Pid waiter = node.spawn([](Process& self) { shop::wait_for_orders(self); });
        QVERIFY(node.wait_until_quiet(10s));
        const Snapshot snapshot = node.snapshot();
        const auto row = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                      [waiter](const ProcessRow& each) { return each.pid == waiter; });
        QVERIFY(row != snapshot.processes.end());
        QCOMPARE(name(row->current_function), "shop::wait_for_orders");
        QCOMPARE(name(row->initial_function), "StacksTest::current_function_is_the_programs lambda");
    }

    void bodies_that_are_objects_are_named_after_their_class() {
        Node node{with_schedulers(1)};
        const Pid plain = node.spawn(shop::Customer{});
        const Pid wrapped = node.spawn(std::function<void(Process&)>{shop::Customer{}});
        QVERIFY(node.wait_until_quiet(10s));
        const Snapshot snapshot = node.snapshot();
        for (const ProcessRow& row : snapshot.processes)
            if (row.pid == plain || row.pid == wrapped)
                QCOMPARE(name(row.current_function), "Customer::operator()");
    }

    void inspected_stacks_have_all_kinds_of_frames() {
        Node node{with_schedulers(1)};
        const Pid waiter = node.spawn([](Process& self) { shop::wait_for_orders(self); });
        QVERIFY(node.wait_until_quiet(10s));
        std::promise<Inspection> promise;
        node.inspect({waiter}, Inspect::stack, {},
                     [&promise](std::vector<Inspection> all) { promise.set_value(std::move(all.front())); });
        const std::vector<FrameInfo> stack = promise.get_future().get().stack;
        const FrameInfo* orders = find(stack, "shop::wait_for_orders");
        QVERIFY2(orders != nullptr && orders->is_inlined, stack_text(stack).c_str());
        QCOMPARE(function(orders[1]), "StacksTest::inspected_stacks_have_all_kinds_of_frames lambda");
        for (const FrameInfo& each : stack) // of the runtime, all else
            QCOMPARE(each.kind == FrameKind::runtime, &each != orders && &each != orders + 1);
        QCOMPARE(QString::fromStdString(stack_text(stack)).count('\n'), 1); // these two
    }
};

QTEST_APPLESS_MAIN(StacksTest)
#include "tst_stacks.moc"
