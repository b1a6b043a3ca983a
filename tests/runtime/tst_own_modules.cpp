// SPDX-License-Identifier: BSL-1.0
/// Bodies that live in a shared library of the program's: interrupted, killed and ended alone as those in the executable.
#include "runaways.hpp"
#include "sanitizers.hpp"

#include <dlfcn.h>

using namespace fiberscope;
using namespace fiberscope::test;

using Body = void (*)(Process&);
extern "C" Body body_in_linked_module(const char* name);

namespace {

constexpr const char* loaded_symbol = "body_in_loaded_module";

void* open_module() {
    return ::dlopen(FIBERSCOPE_LOADED_MODULE, RTLD_NOW | RTLD_LOCAL);
}

/// The body of that name, of the library that is linked or of the one that is loaded later, which is trusted then.
Body body_of(const QString& module, const char* name) {
    if (module == "linked")
        return body_in_linked_module(name);
    static void* loaded = open_module();
    if (loaded == nullptr)
        qFatal("%s", ::dlerror());
    trust_module(::dlsym(loaded, loaded_symbol));
    return reinterpret_cast<Body (*)(const char*)>(::dlsym(loaded, loaded_symbol))(name);
}

NodeConfig trusting(unsigned schedulers) {
    NodeConfig config = with_signals(schedulers);
    config.trap_faults = true;
    config.own_modules = {"libown_module_linked.so"};
    return config;
}

void greeter(Process& self) {
    for (;;)
        self.receive(on<Tick>([&](Tick tick) { self.send(self.parent(), Tock{tick.number}); }));
}

std::string file_of(const void* address) {
    Dl_info place{};
    return ::dladdr(address, &place) != 0 ? place.dli_fname : "";
}

} // namespace

class TestOwnModules : public QObject {
    Q_OBJECT

private slots:
    void a_static_of_a_library_holds_up_nobody();
    void an_end_is_that_of_one_process_data();
    void an_end_is_that_of_one_process();
    void a_tight_loop_is_preempted_and_killed_data();
    void a_tight_loop_is_preempted_and_killed();
    void stacks_are_named_as_the_programs_data();
    void stacks_are_named_as_the_programs();
    void what_cannot_be_trusted_is_refused();
    void a_trusted_module_is_not_unloaded();
};

void TestOwnModules::an_end_is_that_of_one_process_data() {
    QTest::addColumn<QString>("module");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<std::string>("reason"); ///< its beginning
    const std::pair<const char*, const char*> bodies[] = {
        {"own code", "stack_overflow"},
        {"strides", "stack_overflow"},
        {"stdio", "stack_overflow"},
        {"callbacks", "stack_overflow"},
        {"runtime", "stack_overflow"},
        {"regex", "stack_overflow"},
        {"throws", "stack_overflow"},
        {"null", "{fault,'SIGSEGV',0}"},
        {"call", "{fault,'SIGSEGV',0}"},
        {"division", "{fault,'SIGFPE',"},
        {"instruction", "{fault,'SIGILL',"},
#if !defined(FIBERSCOPE_ADDRESS_SANITIZER) // which has these functions in its own library
        {"memset", "{fault,'SIGSEGV',0}"},
        {"string", "{fault,'SIGSEGV',"},
#endif
    };
    for (const char* module : {"linked", "loaded"})
        for (const auto& [body, reason] : bodies)
            QTest::addRow("%s, %s", module, body) << module << QByteArray{body} << std::string{reason};
}

void TestOwnModules::an_end_is_that_of_one_process() {
    QFETCH(QString, module);
    QFETCH(QByteArray, body);
    QFETCH(std::string, reason);
    Node node{trusting(1)};
    ExternalProcess me = node.attach();
    const Pid beside = me->spawn(greeter);
    const Body function = body_of(module, body.constData());
    QVERIFY(file_of(reinterpret_cast<const void*>(function)).find(("own_module_" + module).toStdString()) != std::string::npos);
    for (int round = 0; round < 20; ++round) {
        const auto [pid, monitor] = me->spawn_monitor(function);
        const std::string end = to_string(reason_of_end(me, pid, monitor));
        QVERIFY2(end.starts_with(reason), end.c_str());
        while (me->receive_for<Tick>(0s)) {
        }
        me->send(beside, Tick{round});
        QCOMPARE(me->receive<Tock>().number, round);
    }
}

/// The first test: nobody trusts the library yet.
void TestOwnModules::a_static_of_a_library_holds_up_nobody() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    for (int i = 0; i < 6; ++i)
        me->spawn_monitor(body_in_linked_module("static"));
    for (int i = 0; i < 6; ++i)
        QCOMPARE(
            me->receive(on<Down>([](Down down) { return to_string(down.reason); }), after(10s, [] { return std::string{}; })),
            std::string{"normal"});
}

void TestOwnModules::a_tight_loop_is_preempted_and_killed_data() {
    QTest::addColumn<QString>("module");
    for (const char* module : {"linked", "loaded"})
        QTest::addRow("%s", module) << module;
}

void TestOwnModules::a_tight_loop_is_preempted_and_killed() {
    if (const std::string why = why_no_signals(); !why.empty())
        QSKIP(why.c_str());
    QFETCH(QString, module);
    Node node{trusting(1)};
    ExternalProcess me = node.attach();
    const Pid beside = me->spawn(greeter);
    const auto [pid, monitor] = me->spawn_monitor(body_of(module, "burn"));
    const auto preemptions = [&] { return node.snapshot().schedulers[0].signal_preemptions; };
    for (int round = 0; round < 20 || preemptions() == 0; ++round) { // until it has begun
        me->send(beside, Tick{round});
        const auto answer = me->receive_for<Tock>(10s);
        QVERIFY(answer);
        QCOMPARE(answer->number, round);
    }
    node.exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QVERIFY(exit_event_of(node, pid).abandoned);
}

void TestOwnModules::stacks_are_named_as_the_programs_data() {
    a_tight_loop_is_preempted_and_killed_data();
}

void TestOwnModules::stacks_are_named_as_the_programs() {
    QFETCH(QString, module);
    Node node{trusting(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(body_of(module, "throw"));
    reason_of_end(me, pid, monitor);
    const std::string text = exit_event_of(node, pid).stack_text;
    QVERIFY2(text.find("fail_in_module (own_module.cpp:") != std::string::npos, text.c_str());
    QVERIFY2(text.find("thrower (own_module.cpp:") != std::string::npos, text.c_str());
}

void TestOwnModules::what_cannot_be_trusted_is_refused() {
    NodeConfig config = with_schedulers(1);
    for (const char* name : {"libnowhere.so", "libc.so.6", "/nowhere/libown_module_linked.so"}) {
        config.own_modules = {name};
        QVERIFY_EXCEPTION_THROWN(Node{config}, std::invalid_argument);
    }
    const int on_the_stack = 0;
    QVERIFY_EXCEPTION_THROWN(trust_module(&on_the_stack), std::invalid_argument);
    QVERIFY_EXCEPTION_THROWN(trust_module(::dlsym(RTLD_DEFAULT, "malloc")), std::invalid_argument);
    trust_module(&greeter); // which is the program's own
}

void TestOwnModules::a_trusted_module_is_not_unloaded() {
    const Body body = body_of("loaded", "throw");
    void* module = open_module();
    while (::dlclose(module) == 0 && ::dlopen(FIBERSCOPE_LOADED_MODULE, RTLD_NOW | RTLD_NOLOAD) == nullptr) {
    }
    Node node{trusting(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(body);
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"{error,\"out of order\"}"});
}

QTEST_APPLESS_MAIN(TestOwnModules)
#include "tst_own_modules.moc"
