// SPDX-License-Identifier: BSL-1.0
/// What a message reaches is its receiver's once it is sent.
#include "allocation_fixture.hpp"

#include <array>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <variant>

using namespace fiberscope;
using namespace fiberscope::test;

class TestMessageMemory : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void a_message_is_its_receivers_data();
    void a_message_is_its_receivers();
    void a_message_in_the_mailbox_is_its_receivers();
    void replies_casts_timers_and_tasks();
    void what_is_shared_stays();
    void a_message_to_the_dead_is_nobodys();
};

void TestMessageMemory::initTestCase() {
#if defined(FIBERSCOPE_ADDRESS_SANITIZER)
    QSKIP("AddressSanitizer owns malloc");
#endif
}

namespace {

struct Text {
    std::string text;
};
struct Texts {
    std::vector<std::string> texts;
};
struct Fields {
    int number;
    Text text;
    std::optional<std::string> perhaps;
    std::vector<std::string> more;
};
struct Nested {
    std::string text;
    std::vector<Nested> inner;
};
struct Make {
    std::int64_t bytes;                      ///< that it reaches, about
    std::function<void(Process&, Pid)> send; ///< in a process
};

template <class Value, class MakeValue>
Make sends(std::int64_t bytes, MakeValue make) {
    return {bytes, [make](Process& self, Pid to) { self.send(to, Value(make())); }};
}

std::vector<std::string> many_texts() {
    return std::vector<std::string>(100, text_of(984)); // 1,000 bytes each
}

Term many_terms() {
    std::vector<Term> texts;
    for (int i = 0; i < 100; ++i)
        texts.push_back(Term::string(text_of(900)));
    return Term::list(texts);
}

std::vector<std::pair<const char*, Make>> all_messages() {
    constexpr std::int64_t large = 100'000;
    using Map = std::map<int, std::string>;
    using Hashed = std::unordered_map<int, std::string>;
    const auto keyed = [](auto map) {
        for (int i = 0; i < 100; ++i)
            map.emplace(i, text_of(920));
        return map;
    };
    return {
        {"string", sends<std::string>(large, [] { return text_of(large); })},
        {"vector", sends<std::vector<std::string>>(large, many_texts)},
        {"bits", sends<std::vector<bool>>(large, [] { return std::vector<bool>(static_cast<std::size_t>(large) * 8); })},
        {"deque", sends<std::deque<std::string>>(large + 4000,
                                                 [] {
                                                     const auto texts = many_texts();
                                                     return std::deque<std::string>{texts.begin(), texts.end()};
                                                 })},
        {"list", sends<std::list<std::string>>(large + 6400,
                                               [] {
                                                   const auto texts = many_texts();
                                                   return std::list<std::string>{texts.begin(), texts.end()};
                                               })},
        {"set", sends<std::set<std::int64_t>>(100 * 64,
                                              [] {
                                                  std::set<std::int64_t> numbers;
                                                  for (int i = 0; i < 100; ++i)
                                                      numbers.insert(i);
                                                  return numbers;
                                              })},
        {"unordered_set", sends<std::unordered_set<std::string>>(103'000,
                                                                 [] {
                                                                     std::unordered_set<std::string> texts;
                                                                     for (int i = 0; i < 100; ++i)
                                                                         texts.insert(std::to_string(1000 + i) + text_of(960));
                                                                     return texts;
                                                                 })},
        {"map", sends<Map>(large + 2000, [keyed] { return keyed(Map{}); })},
        {"unordered_map", sends<Hashed>(large, [keyed] { return keyed(Hashed{}); })},
        {"optional", sends<std::optional<std::string>>(large, [] { return text_of(large); })},
        {"variant", sends<std::variant<int, std::string>>(large, [] { return text_of(large); })},
        {"tuple", sends<std::tuple<int, std::string>>(large,
                                                      [] {
                                                          return std::tuple{1, text_of(large)};
                                                      })},
        {"pair", sends<std::pair<std::string, int>>(large,
                                                    [] {
                                                        return std::pair{text_of(large), 1};
                                                    })},
        {"array", sends<std::array<std::string, 2>>(2 * large,
                                                    [] {
                                                        return std::array{text_of(large), text_of(large)};
                                                    })},
        {"unique_ptr", sends<std::unique_ptr<Text>>(large, [] { return std::make_unique<Text>(Text{text_of(large)}); })},
        {"fields", sends<Fields>(4 * large,
                                 [] {
                                     return Fields{1, {text_of(large)}, text_of(large), {text_of(large), text_of(large)}};
                                 })},
        {"nested", sends<Nested>(3 * large,
                                 [] {
                                     return Nested{text_of(large), {Nested{text_of(large), {Nested{text_of(large), {}}}}}};
                                 })},
        {"term", sends<Term>(105'000, many_terms)},
        {"reason", sends<ExitReason>(105'000, [] { return ExitReason{many_terms()}; })},
    };
}

} // namespace

void TestMessageMemory::a_message_is_its_receivers_data() {
    QTest::addColumn<int>("index");
    int index = 0;
    for (const auto& [name, make] : all_messages())
        QTest::newRow(name) << index++;
}

/// All of it, and nothing is left with the sender.
void TestMessageMemory::a_message_is_its_receivers() {
    QFETCH(int, index);
    const Make make = all_messages()[static_cast<std::size_t>(index)].second;
    Node node{with_schedulers(2)};
    run(node, [&make](Process& self) {
        const Pid receiver = self.spawn([to = self.pid()](Process& receiving) {
            receiving.send(to, Tock{});
            receiving.receive<Tick>();
            receiving.send(to, held_by(receiving));
            receiving.receive(on_any([](const Message&) {})); // and forgets it
            receiving.send(to, held_by(receiving));
        });
        self.receive<Tock>();
        const std::int64_t before = held_by(self);
        make.send(self, receiver);
        const std::int64_t left_with_sender = held_by(self) - before;
        QVERIFY2(left_with_sender < 1500, std::to_string(left_with_sender).c_str()); // tables
        self.send(receiver, Tick{});
        const auto with_message = self.receive<std::int64_t>();
        const auto without = self.receive<std::int64_t>();
        COMPARE_ABOUT(with_message - without, make.bytes);
        QVERIFY(held_by(self) - before < 512);
    });
}

void TestMessageMemory::a_message_in_the_mailbox_is_its_receivers() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const Pid pid = node.spawn([](Process& self) { self.receive<Tick>(); });
    const std::int64_t before = memory_of(node, pid);
    me->send(pid, text_of(megabyte));
    COMPARE_ABOUT(memory_of(node, pid) - before, megabyte);
    node.send(pid, text_of(megabyte)); // from outside, too
    COMPARE_ABOUT(memory_of(node, pid) - before, 2 * megabyte);
    me->send(pid, Tick{});
}

namespace {

struct Giver final : Server<Giver> {
    struct Give {
        using Reply = std::string;
    };
    using Messages = fiberscope::Messages<Give, Text, Store::Held>;
    Reply<Give> handle_call(const Give& /*give*/) { return text_of(megabyte); }
    void handle_cast(Text text) { kept = std::move(text.text); }
    Reply<Store::Held> handle_call(const Store::Held& /*held*/) { return held_by(self()); }
    std::string kept;
};

} // namespace

void TestMessageMemory::replies_casts_timers_and_tasks() {
    Node node{with_schedulers(2)};
    run(node, [](Process& self) {
        const Pid giver = self.start(Giver::start()).value();
        const std::int64_t before = held_by(self);
        const auto giver_before = self.call(giver, Store::Held{});
        {
            const std::string reply = self.call(giver, Giver::Give{});
            COMPARE_ABOUT(held_by(self) - before, megabyte);
            QVERIFY(self.call(giver, Store::Held{}) - giver_before < 512);
        }
        self.cast(giver, Text{text_of(megabyte)});
        COMPARE_ABOUT(self.call(giver, Store::Held{}) - giver_before, megabyte);
        QVERIFY(held_by(self) - before < 512);
        self.send_after(1ms, self.pid(), Text{text_of(megabyte)});
        self.receive<Text>();
        QVERIFY(held_by(self) - before < 512);
        {
            auto task = task::async(self, [] { return text_of(megabyte); });
            const std::string value = task.await();
            COMPARE_ABOUT(held_by(self) - before, megabyte);
        }
        QVERIFY(held_by(self) - before < 1024);
    });
}

void TestMessageMemory::what_is_shared_stays() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const Pid other = self.spawn([](Process& receiving) { receiving.receive<Tick>(); });
        const std::int64_t before = held_by(self);
        const Term term = Term::string(text_of(megabyte));
        const auto shared = std::make_shared<const std::string>(text_of(megabyte));
        self.send(other, term);
        self.send(other, shared);
        COMPARE_ABOUT(held_by(self) - before, 2 * megabyte);
        self.send(other, Tick{});
    });
}

void TestMessageMemory::a_message_to_the_dead_is_nobodys() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const auto [dead, monitor] = self.spawn_monitor([](Process&) {});
        self.receive<Down>();
        const std::int64_t before = held_by(self);
        const std::int64_t nobodys = allocation_library->bytes_of_nobody();
        self.send(dead, text_of(megabyte));
        QCOMPARE(held_by(self), before);
        QVERIFY(allocation_library->bytes_of_nobody() - nobodys < 64 * kilobyte);
    });
}

QTEST_APPLESS_MAIN(TestMessageMemory)
#include "tst_message_memory.moc"
