// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "names_of_code.hpp"

#include "base/readable_name.hpp"
#include "inspect/function_names.hpp"

#include <fiberscope/snapshot.hpp>

#include <cstdlib>
#include <functional>
#include <typeinfo>

using namespace fiberscope;
using detail::FunctionNames;
using fiberscope::test::address;
using fiberscope::test::name;

namespace shop {

struct Store {
    static int handle_call(int value) { return value + 1; }
};

static int here_line = 0;

static int client(int value) { // static: found without -rdynamic
    here_line = __LINE__ - 1;
    return value * 2;
}

static auto start() {
    return [](int value) { return value; };
}

} // namespace shop

namespace {} // namespace

class FunctionNamesTest final : public QObject {
    Q_OBJECT

private slots:
    void functions_are_shortened_data() {
        QTest::addColumn<QString>("demangled");
        QTest::addColumn<QString>("readable");
        QTest::newRow("plain C") << "start_thread"
                                 << "start_thread";
        QTest::newRow("parameters") << "shop::client(fiberscope::Process&)"
                                    << "shop::client";
        QTest::newRow("outer namespaces") << "fiberscope::workloads::kv::client(fiberscope::Process&, int)"
                                          << "kv::client";
        QTest::newRow("own namespace") << "fiberscope::Process::receive()"
                                       << "Process::receive";
        QTest::newRow("detail") << "fiberscope::detail::run(int)"
                                << "run";
        QTest::newRow("anonymous namespace") << "shop::(anonymous namespace)::worker(int)"
                                             << "shop::worker";
        QTest::newRow("lambda type") << "fiberscope::workloads::kv::client(int)::{lambda(fiberscope::Process&)#1}"
                                     << "kv::client lambda";
        QTest::newRow("second lambda") << "kv::client(int)::{lambda(fiberscope::Process&)#2}"
                                       << "kv::client lambda 2";
        QTest::newRow("lambda body")
            << "kv::client(int)::{lambda(fiberscope::Process&)#1}::operator()(fiberscope::Process&) const"
            << "kv::client lambda";
        QTest::newRow("lambda in a lambda")
            << "kv::client(int)::{lambda(int)#1}::operator()(int) const::{lambda(long)#3}::operator()(long) const"
            << "kv::client lambda 1.3";
        QTest::newRow("lambda of clang") << "kv::client(int)::$_1"
                                         << "kv::client lambda 2";
        QTest::newRow("lambda of a const method") << "shop::Store::open() const::{lambda()#1}"
                                                  << "Store::open lambda";
        QTest::newRow("return type of a template") << "std::vector<int, std::allocator<int> > shop::all<int>(std::map<int, long>)"
                                                   << "shop::all";
        QTest::newRow("method of a template") << "void kv::Shard<int, std::less<int> >::handle(kv::Get const&)"
                                              << "Shard::handle";
        QTest::newRow("operator()") << "shop::Job::operator()(fiberscope::Process&) const"
                                    << "Job::operator()";
        QTest::newRow("operator<<") << "shop::operator<<(std::ostream&, shop::Put const&)"
                                    << "shop::operator<<";
        QTest::newRow("conversion") << "shop::Put::operator bool() const"
                                    << "Put::operator bool";
        QTest::newRow("destructor") << "shop::Store::~Store()"
                                    << "Store::~Store";
        QTest::newRow("clone") << "shop::client(int) [clone .cold]"
                               << "shop::client";
        QTest::newRow("abi tag") << "std::__cxx11::to_string[abi:cxx11](int)"
                                 << "to_string";
        QTest::newRow("class") << "fiberscope::workloads::kv::Shard"
                               << "kv::Shard";
        QTest::newRow("local class") << "shop::open(int)::Session"
                                     << "open::Session";
        QTest::newRow("lambda in debug information") << "shop::open(int)::<lambda(int)>"
                                                     << "shop::open lambda";
        QTest::newRow("template in debug information") << "each<shop::client(const Shelf&)::<lambda(int)> >"
                                                       << "each";
        QTest::newRow("part of a C function") << "msort_with_tmp.part.0"
                                              << "msort_with_tmp";
        QTest::newRow("version") << "qsort@@GLIBC_2.2.5"
                                 << "qsort";
    }
    void functions_are_shortened() {
        QFETCH(QString, demangled);
        QFETCH(QString, readable);
        QCOMPARE(QString::fromStdString(detail::readable_function(demangled.toStdString())), readable);
    }

    void closures_are_found_in_what_is_made_of_them_data() {
        QTest::addColumn<QString>("demangled");
        QTest::addColumn<QString>("closure");
        QTest::newRow("none") << "shop::client(int)"
                              << "";
        QTest::newRow("the body itself") << "shop::client(int)::{lambda(int)#2}::operator()(int) const"
                                         << "";
        QTest::newRow("template") << "fiberscope::detail::BodyOf<shop::client(int)::{lambda(fiberscope::Process&)#2}>::run(int)"
                                  << "shop::client(int)::{lambda(fiberscope::Process&)#2}";
        QTest::newRow("parameter") << "shop::twice(int, shop::client(int)::{lambda(int)#2} const&)"
                                   << "shop::client(int)::{lambda(int)#2}";
        QTest::newRow("in a lambda") << "each<shop::f(int)::{lambda(int)#1}::operator()(int) const::{lambda(int)#3} >"
                                     << "shop::f(int)::{lambda(int)#1}::operator()(int) const::{lambda(int)#3}";
        QTest::newRow("one of several") << "run<0, shop::f()::{lambda(A)#1}, shop::f()::{lambda(B)#2}>"
                                        << "shop::f()::{lambda(A)}";
        QTest::newRow("debug information") << "__invoke_impl<int, main(int, char**)::<lambda()>&>"
                                           << "main(int, char**)::<lambda()>";
    }
    void closures_are_found_in_what_is_made_of_them() {
        QFETCH(QString, demangled);
        QFETCH(QString, closure);
        QCOMPARE(QString::fromStdString(detail::closure_in(demangled.toStdString())), closure);
    }

    void types_are_shortened_data() {
        QTest::addColumn<QString>("demangled");
        QTest::addColumn<QString>("readable");
        QTest::newRow("nested class") << "shop::Store::Put"
                                      << "Put";
        QTest::newRow("string") << "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"
                                << "string";
        QTest::newRow("vector") << "std::vector<shop::Put, std::allocator<shop::Put> >"
                                << "vector<Put>";
        QTest::newRow("variant") << "std::variant<shop::Put, unsigned long>"
                                 << "variant<Put,unsigned long>";
        QTest::newRow("nested in a template") << "shop::Box<shop::Put>::Item"
                                              << "Item";
        QTest::newRow("local") << "shop::run(int)::Tick"
                               << "Tick";
        QTest::newRow("anonymous") << "(anonymous namespace)::Tick"
                                   << "Tick";
    }
    void types_are_shortened() {
        QFETCH(QString, demangled);
        QFETCH(QString, readable);
        QCOMPARE(QString::fromStdString(detail::readable_type(demangled.toStdString())), readable);
    }

    void addresses_of_this_program() {
        FunctionNames& names = FunctionNames::instance();
        QCOMPARE(name(names.id_of_address(address(&shop::client))), "shop::client");
        QCOMPARE(name(names.id_of_address(address(&shop::client) + 1)), "shop::client");
        QCOMPARE(name(names.id_of_address(address(&shop::Store::handle_call))), "Store::handle_call");
        QCOMPARE(names.id_of_address(address(&shop::client)), names.id_of_address(address(&shop::client)));
        QCOMPARE(names.id_of_address(0), 0U);
    }

    void addresses_of_libraries_and_of_nothing() {
        FunctionNames& names = FunctionNames::instance();
        QVERIFY(!name(names.id_of_address(address(&std::abort))).isEmpty());
        QCOMPARE(name(names.id_of_address(1)), "0x1");
    }

    void types_of_this_program() {
        FunctionNames& names = FunctionNames::instance();
        const auto lambda = shop::start();
        QCOMPARE(name(names.id_of_type(typeid(lambda).name())), "shop::start lambda");
        QCOMPARE(name(names.id_of_type(typeid(shop::Store).name())), "shop::Store");
        QCOMPARE(names.id_of_type(nullptr), 0U);
    }

    void frames_have_file_and_line() {
        QCOMPARE(shop::client(1), 2);
        const std::vector<FrameInfo> frames = FunctionNames::instance().frames_at(address(&shop::client));
        QCOMPARE(frames.size(), std::size_t{1});
        QCOMPARE(QString::fromStdString(frames.front().function), "shop::client");
        QVERIFY2(frames.front().file.ends_with("tst_function_names.cpp"), frames.front().file.c_str());
        // an optimised function may begin with its first statement
        const int line = frames.front().line;
        QVERIFY2(line == shop::here_line || line == shop::here_line + 1, qPrintable(QString::number(line)));
    }
};

QTEST_APPLESS_MAIN(FunctionNamesTest)
#include "tst_function_names.moc"
