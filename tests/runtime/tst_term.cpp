// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "base/intern.hpp"
#include "base/message_text.hpp"
#include "base/term_hash.hpp"

#include <fiberscope/message.hpp>
#include <fiberscope/process.hpp>
#include <fiberscope/snapshot.hpp>
#include <fiberscope/term.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace fiberscope;

namespace {

struct Put {
    std::string key;
    int value;
};
struct Flags {
    unsigned first : 3;
    unsigned second : 5;
    int third : 4;
};
struct Twelve {
    int a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11;
    std::string l = "l";
};
/// More fields than the structured bindings of ours.
struct Wide {
    int a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11, l = 12, m = 13;
};
enum class Letter : char8_t { b = 98 };
struct Characters {
    wchar_t wide = 228;
    char8_t byte = 97;
    char16_t greek = 945;
    char32_t symbol = 0x1f600;
    Letter letter = Letter::b;
};
struct Unprintable {
    int value;
};
[[maybe_unused]] std::ostream& operator<<(std::ostream&, const Unprintable&) {
    throw std::runtime_error{"no"};
}

template <class T>
QString text_of(T value) {
    detail::Envelope<T> envelope{detail::SignalKind::message, std::move(value)};
    return QString::fromStdString(Message{envelope}.text());
}

} // namespace

class TermTest final : public QObject {
    Q_OBJECT

private slots:
    void prints_as_erlang_and_reads_back_data() {
        QTest::addColumn<QString>("text");
        for (const char* text : {"normal",
                                 "{shutdown,\"idle\"}",
                                 "[]",
                                 "{}",
                                 "[a,-5,{b,[c]}]",
                                 "'Hello world'",
                                 "''",
                                 "'it\\'s'",
                                 "'after'",
                                 "else",
                                 "a@b_C9",
                                 "'9a'",
                                 "'\\n\\t\\e\\d'",
                                 "'\\001'",
                                 "\"two\\nlines \\\"quoted\\\"\"",
                                 "<0.90.0>",
                                 "#Ref<0.7>",
                                 "9223372036854775807",
                                 "-9223372036854775808",
                                 "2305843009213693952",
                                 "{error,{nocatch,x}}",
                                 "{a,{},[]}"})
            QTest::newRow(text) << text;
        QTest::newRow("Latin-1 letters need no quotes") << QString::fromUtf8("übergröße");
        QTest::newRow("a Latin-1 capital at the front does") << QString::fromUtf8("'Über'");
        QTest::newRow("other alphabets do") << QString::fromUtf8("'имя'");
    }
    void prints_as_erlang_and_reads_back() {
        QFETCH(QString, text);
        const auto term = Term::parse(text.toStdString());
        QVERIFY2(term.has_value(), term ? "" : term.error().c_str());
        QCOMPARE(QString::fromStdString(to_string(*term)), text);
        QVERIFY(*Term::parse(to_string(*term)) == *term);
    }

    void parse_says_what_is_wrong_and_where_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("error");
        QTest::newRow("empty") << ""
                               << "a term is missing at character 1";
        QTest::newRow("open tuple") << "{a,b"
                                    << "',' or '}' is missing at character 5";
        QTest::newRow("open list") << "[a"
                                   << "',' or ']' is missing at character 3";
        QTest::newRow("nothing after a comma") << "{a,}"
                                               << "no term begins at character 4";
        QTest::newRow("variable") << "Boom"
                                  << "no term begins at character 1";
        QTest::newRow("two terms") << "a b"
                                   << "nothing more is expected at character 3";
        QTest::newRow("open quote") << "\"a"
                                    << "the closing \" is missing at character 3";
        QTest::newRow("no digit after the dot") << "1."
                                                << "an integer ends unexpectedly at character 2";
        QTest::newRow("letters after a number") << "1.5x"
                                                << "a number ends unexpectedly at character 4";
        QTest::newRow("beyond all numbers") << "1.0e999"
                                            << "a floating point number is out of range at character 1";
        QTest::newRow("two signs") << "+-5"
                                   << "a number has one sign at character 2";
        QTest::newRow("too big") << "9223372036854775808"
                                 << "an integer of at most 64 bits is expected at character 1";
        QTest::newRow("pid") << "<0.x>"
                             << "a pid looks like <0.90.0>, which is not what stands at character 1";
        QTest::newRow("too deep") << QString(101, '{') << "nested deeper than 100 at character 101";
    }
    void parse_says_what_is_wrong_and_where() {
        QFETCH(QString, text);
        QFETCH(QString, error);
        const auto term = Term::parse(text.toStdString());
        QVERIFY(!term.has_value());
        QCOMPARE(QString::fromStdString(term.error()), error);
    }

    void parse_gives_pids_the_node() { QCOMPARE(Term::parse("<0.90.3>", 7)->as_pid(), Pid(7, 90, 3)); }

    void kinds_and_accessors() {
        QVERIFY(Term{}.is_atom("undefined"));
        QCOMPARE(Term{-5}.as_integer(), -5);
        for (const auto value : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
            QCOMPARE(Term::integer(value).as_integer(), value);
        QCOMPARE(Term::string("x").as_string(), std::string_view{"x"});
        QCOMPARE(Term{Pid(1, 2, 3)}.as_pid(), Pid(1, 2, 3));
        QCOMPARE(Term{Ref{9}}.as_ref(), Ref{9});
        const Term tuple = Term::tuple({Term::atom("shutdown"), Term{1}});
        QVERIFY(tuple.is_tagged("shutdown") && !tuple.is_tagged("error"));
        QCOMPARE(tuple.elements().size(), std::size_t{2});
        QVERIFY(Term{1}.elements().empty());
        QVERIFY(!Term::list({Term::atom("shutdown")}).is_tagged("shutdown"));
    }

    void floating_point_numbers_print_as_in_erlang_data() {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        const std::vector<std::pair<double, const char*>> rows{{0.0, "0.0"},
                                                               {-0.0, "-0.0"},
                                                               {1.0, "1.0"},
                                                               {-2.5, "-2.5"},
                                                               {0.1, "0.1"},
                                                               {0.001, "0.001"},
                                                               {0.00001, "1.0e-5"},
                                                               {100.0, "100.0"},
                                                               {1000.0, "1.0e3"},
                                                               {12345.678, "12345.678"},
                                                               {123456789.0, "123456789.0"},
                                                               {1234567890000.0, "1.23456789e12"},
                                                               {1e20, "1.0e20"},
                                                               {1.5e300, "1.5e300"},
                                                               {-2.5e-7, "-2.5e-7"},
                                                               {9007199254740991.0, "9007199254740991.0"},
                                                               {9007199254740992.0, "9.007199254740992e15"},
                                                               {std::numeric_limits<double>::denorm_min(), "5.0e-324"},
                                                               {0.30000000000000004, "0.30000000000000004"}};
        for (const auto& [value, text] : rows)
            QTest::newRow(text) << value << QString{text};
    }
    void floating_point_numbers_print_as_in_erlang() {
        QFETCH(double, value);
        QFETCH(QString, text);
        const Term term{value};
        QVERIFY(term.kind() == Term::Kind::floating);
        QCOMPARE(term.as_floating(), value);
        QCOMPARE(QString::fromStdString(to_string(term)), text);
        const auto read = Term::parse(text.toStdString());
        QVERIFY2(read.has_value(), read ? "" : read.error().c_str());
        QVERIFY(*read == term);
        QCOMPARE(detail::TermHash{}(*read), detail::TermHash{}(term));
    }
    void numbers_and_truth_values_are_terms() {
        QVERIFY(!(Term{1.0} == Term{1})); // =:=
        QVERIFY(Term{1.5F} == Term{1.5});
        QVERIFY(*Term::parse("[1.0E3,-1.0e+2]") == Term::list({Term{1000.0}, Term{-100.0}}));
        QVERIFY(Term{true}.is_boolean() && Term{true}.as_boolean() && Term{true}.is_atom("true"));
        QVERIFY(Term{false}.is_boolean() && !Term{false}.as_boolean() && Term{false}.is_atom("false"));
        QVERIFY(!Term{1}.is_boolean());
        QVERIFY(Term{std::nan("")}.is_atom("nan"));
        QVERIFY(Term{-std::numeric_limits<double>::infinity()}.is_atom("-infinity"));
    }
    void an_error_says_its_term() {
        const Error error{Term::tuple({Term::atom("no"), Term{1}})};
        QCOMPARE(std::string{error.what()}, std::string{"{no,1}"});
        Error copy = error;
        QCOMPARE(std::string{copy.what()}, std::string{"{no,1}"});
        copy = Error{Term::atom("other")};
        QCOMPARE(std::string{copy.what()}, std::string{"other"});
        try {
            throw Error{Term::atom("thrown")};
        } catch (const std::exception& caught) {
            QCOMPARE(std::string{caught.what()}, std::string{"thrown"});
        }
        const Result<int> failed = Term::atom("empty");
        try {
            static_cast<void>(failed.value());
            QFAIL("no error");
        } catch (const Error& caught) {
            QVERIFY(caught.term.is_atom("empty"));
        }
    }

    void equality_is_by_value() {
        QVERIFY(Term::tuple({Term{1}, Term::string("a")}) == Term::tuple({Term{1}, Term::string("a")}));
        QVERIFY(!(Term::tuple({Term{1}}) == Term::list({Term{1}})));
        QVERIFY(!(Term::tuple({Term{1}}) == Term::tuple({Term{1}, Term{1}})));
        QVERIFY(!(Term::string("a") == Term::atom("a")));
        QVERIFY(Term::integer(std::numeric_limits<std::int64_t>::max()) ==
                Term::integer(std::numeric_limits<std::int64_t>::max()));
        QVERIFY(!(Term{1} == Term::integer(std::numeric_limits<std::int64_t>::max())));
    }

    void deep_terms_need_no_stack() {
        Term deep = Term::atom("leaf");
        Term same = deep;
        for (int i = 0; i < 200'000; ++i) {
            deep = Term::tuple({deep});
            same = Term::tuple({same});
        }
        QVERIFY(deep == same);
        QCOMPARE(to_string(deep).size(), std::size_t{400'004});
    }

    void copies_are_shared_and_moved_from_is_undefined() {
        Term original = Term::string("shared");
        Term copy = original;
        const Term moved = std::move(original);
        QVERIFY(original.is_atom("undefined")); // NOLINT(bugprone-use-after-move): this is what is tested
        QVERIFY(copy == moved);
        copy = *&copy;
        QVERIFY(copy == moved);
    }

    void exit_reasons_know_what_is_clean() {
        QVERIFY(ExitReason{}.is_normal() && ExitReason{}.is_clean());
        QVERIFY(ExitReason::shutdown().is_clean() && !ExitReason::shutdown().is_normal());
        QVERIFY(ExitReason::shutdown("idle").is_clean());
        QVERIFY(!ExitReason::killed().is_clean());
        QVERIFY(!ExitReason::error(Term::atom("boom")).is_clean());
        QVERIFY(!ExitReason{Term::tuple({Term::atom("shutdown")})}.is_clean());
        QCOMPARE(QString::fromStdString(to_string(ExitReason::error(Term::string("what")))), "{error,\"what\"}");
    }

    void atoms_are_one_in_all_threads() {
        constexpr int names = 5000;
        std::vector<std::vector<std::uint32_t>> ids(4, std::vector<std::uint32_t>(names));
        std::vector<std::thread> threads;
        for (auto& mine : ids)
            threads.emplace_back([&mine] {
                for (int i = 0; i < names; ++i)
                    mine[static_cast<std::size_t>(i)] = intern("thread_atom_" + std::to_string(i));
            });
        for (auto& thread : threads)
            thread.join();
        for (const auto& other : ids)
            QVERIFY(other == ids.front());
        QCOMPARE(name_of(ids[0][4321]), std::string_view{"thread_atom_4321"});
        QVERIFY(intern_count() >= names);
        QCOMPARE(Atom{"undefined"}, Atom{});
        QCOMPARE(atoms::system_limit.name(), std::string_view{"system_limit"});
    }

    void pids_print_and_parse() {
        QCOMPARE(to_string(Pid(5, 90, 2)), std::string{"<0.90.2>"});
        QCOMPARE(parse_pid("<0.90.2>", 5), Pid(5, 90, 2));
        QCOMPARE(parse_pid("0.90.2", 5), Pid(5, 90, 2));
        QCOMPARE(parse_pid("90", 5), Pid(5, 90, 0));
        for (const char* wrong : {"", "<>", "<90>", "<0.90>", "<1.90.0>", "0.90.0.1", "0.90.", "a", "<0.4194304.0>", "<0.90.0"})
            QVERIFY2(!parse_pid(wrong, 5), wrong);
    }

    void characters_of_all_widths_are_messages() { QCOMPARE(text_of(Characters{}), QStringLiteral("{228,97,945,128512,98}")); }
    void control_characters_of_a_message_are_escaped() {
        QCOMPARE(text_of(Put{"\x1b[2J\a\"", 1}), QStringLiteral("{\"\\e[2J\\007\\\"\",1}"));
    }
    void messages_print() {
        QCOMPARE(text_of(Put{"apples", 3}), "{\"apples\",3}");
        QCOMPARE(text_of(Unprintable{1}), "<unprintable Unprintable>");
        QCOMPARE(text_of(Flags{5, 1, -2}), "{5,1,-2}");
        QCOMPARE(text_of(Wide{}), "{1,2,3,4,5,6,7,8,9,10,11,12,13}");
        QCOMPARE(text_of(Twelve{}), "{1,2,3,4,5,6,7,8,9,10,11,\"l\"}");
        QCOMPARE(text_of(Term::tuple({Term::atom("a"), Term{1}})), "{a,1}");
        const QString text = text_of(std::string(10'000, 'x'));
        QCOMPARE(text.size(), 4096);
        QVERIFY(text.endsWith("..."));
        detail::Envelope<Put> put{detail::SignalKind::message, Put{"a", 1}};
        QCOMPARE(QString::fromStdString(Message{put}.type_name()), "Put");
        QCOMPARE(QString::fromStdString(detail::short_type_name(typeid(std::vector<std::string>).name())), "vector<string>");
        QCOMPARE(QString::fromStdString(detail::short_type_name(typeid(std::map<Pid, std::vector<Put>>).name())),
                 "map<Pid,vector<Put>>");
        QCOMPARE(QString::fromStdString(detail::short_type_name(typeid(unsigned long).name())), "unsigned long");
    }

    void snapshot_names() {
        Snapshot snapshot;
        ProcessRow row;
        row.pid = Pid(1, 4, 0);
        row.initial_function = intern("kv::client");
        QCOMPARE(display_name(snapshot, row), std::string_view{"kv::client"});
        row.flags = ProcessRow::label_flag;
        snapshot.labels = {{Pid(1, 2, 9), "other"}, {Pid(1, 4, 0), "client 1"}};
        QCOMPARE(display_name(snapshot, row), std::string_view{"client 1"});
        QVERIFY(snapshot.label(Pid(1, 4, 1)).empty());
        row.registered_name = intern("kv_shard_1");
        QCOMPARE(display_name(snapshot, row), std::string_view{"kv_shard_1"});
    }
};

QTEST_APPLESS_MAIN(TermTest)
#include "tst_term.moc"
