// SPDX-License-Identifier: BSL-1.0
/// A server and its clients that notice if somebody tampers with their data.
#pragma once

#include "process_fixture.hpp"

#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace fiberscope::test {

/// Keeps a tree of its own, and all sums of it right, as long as nobody tampers with it. Counts what it did.
class Accountant final : public Server<Accountant> {
public:
    struct Book {
        using Reply = bool; ///< all is right
        int amount = 0;
    };
    using Messages = fiberscope::Messages<Book>;

    fiberscope::Reply<Book> handle_call(const Book& book) {
        std::string text = std::to_string(book.amount);
        entries_[book.amount % 97] += book.amount;
        total_ += book.amount;
        texts_.push_back(std::move(text));
        if (texts_.size() > 50)
            texts_.erase(texts_.begin());
        const long sum = std::accumulate(entries_.begin(), entries_.end(), 0L,
                                         [](long part, const auto& entry) { return part + entry.second; });
        return sum == total_ && texts_.back() == std::to_string(book.amount);
    }

private:
    std::map<int, long> entries_;
    std::vector<std::string> texts_;
    long total_ = 0;
};

/// Books until it is told to stop; says how often, and how often the answer was wrong.
struct Booked {
    std::uint64_t right = 0;
    std::uint64_t wrong = 0;
};
inline void book_until_told(Process& self, Pid accountant, Pid tell) {
    Booked booked;
    for (int amount = 1;; ++amount) {
        ++(self.call(accountant, Accountant::Book{amount}) ? booked.right : booked.wrong);
        if (self.receive(on<Tick>([](Tick) { return true; }), after(0ms, [] { return false; })))
            break;
    }
    self.send(tell, booked);
}

} // namespace fiberscope::test
