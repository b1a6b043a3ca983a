// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <unordered_map>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;
using WordCounts = std::unordered_map<std::string, std::uint64_t>;
using WordCount = std::pair<std::string, std::uint64_t>;

constexpr std::size_t reducer_count = 4;
constexpr std::size_t mappers_at_a_time = 4;
constexpr std::size_t top_words = 10;

/// What a mapper found in one file. The words themselves went to the reducers.
struct Mapped {
    bool is_text = false;
    std::uint64_t words = 0;
};
/// A reducer's part of a file's counts.
struct Partial {
    WordCounts counts;
};
/// Asks a reducer for its result once it has had so many Partials; it ends then. The number is needed: only between
/// two processes do messages keep their order, and Finish comes from another one than the Partials.
struct Finish {
    std::uint64_t partials;
};
struct Reduced {
    std::uint64_t distinct_words;
    std::vector<WordCount> most_frequent;
};
struct Outcome {
    std::string folder;
    std::uint64_t files = 0;
    std::uint64_t skipped_files = 0;
    std::uint64_t words = 0;
    std::uint64_t distinct_words = 0;
    std::vector<WordCount> most_frequent;
};

/// The most frequent words; of equally frequent ones the first in the alphabet.
void keep_top_words(std::vector<WordCount>& words) {
    const auto count = std::min(top_words, words.size());
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
    std::ranges::partial_sort(words, end, [](const WordCount& left, const WordCount& right) {
        return left.second != right.second ? left.second > right.second : left.first < right.first;
    });
    words.erase(end, words.end());
}

constexpr bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_letter_or_digit(unsigned char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/// The word as it is compared: lower case, without the punctuation around it. Empty for `--` and its like.
std::string normalised(std::string_view word) {
    const auto first = std::ranges::find_if(word, is_letter_or_digit);
    if (first == word.end())
        return {};
    const auto last = std::find_if(word.rbegin(), word.rend(), is_letter_or_digit).base();
    std::string text{first, last};
    for (char& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return text;
}

/// **Errors:** throws std::filesystem::filesystem_error, std::ios_base::failure.
std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream;
    stream.exceptions(std::ios::badbit | std::ios::failbit);
    stream.open(file, std::ios::binary);
    std::string text(std::filesystem::file_size(file), '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    return text;
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{folder})
        if (std::error_code error; entry.is_regular_file(error))
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// Counts the words of one file, and hands each reducer those that hash to it.
class Mapper {
public:
    Mapper(std::filesystem::path file, Pid job, std::array<Pid, reducer_count> reducers)
        : file_{std::move(file)}, job_{job}, reducers_{reducers} {}

    void operator()(Process& self) {
        std::string text;
        try {
            text = self.blocking([this] { return read_file(file_); });
        } catch (const std::exception& error) {
            self.node().log(LogLevel::warning, fmt::format("wordcount: {}: {}", file_.string(), error.what()), self.pid());
            return self.send(job_, Mapped{});
        }
        if (text.find('\0') != std::string::npos)
            return self.send(job_, Mapped{});
        const Mapped mapped{.is_text = true, .words = count(self, text)};
        for (std::size_t index = 0; index < reducer_count; ++index)
            self.send(reducers_[index], Partial{std::move(parts_[index])});
        self.send(job_, mapped);
    }

private:
    std::uint64_t count(Process& self, std::string_view text) {
        std::uint64_t words = 0;
        for (auto at = text.begin(); at != text.end(); self.poll()) {
            const auto begin = std::find_if_not(at, text.end(), is_space);
            at = std::find_if(begin, text.end(), is_space);
            if (begin == at)
                break;
            ++words;
            if (std::string word = normalised({begin, at}); !word.empty())
                ++parts_[std::hash<std::string>{}(word) % reducer_count][std::move(word)];
        }
        return words;
    }

    std::filesystem::path file_;
    Pid job_;
    std::array<Pid, reducer_count> reducers_;
    std::array<WordCounts, reducer_count> parts_;
};

/// Adds up the counts of its share of the words until it is asked for them.
void reducer(Process& self, Pid job) {
    WordCounts total;
    std::uint64_t partials = 0;
    std::optional<std::uint64_t> expected;
    while (partials != expected)
        self.receive(on<Partial>([&](const Partial& partial) {
                         ++partials;
                         for (const auto& [word, count] : partial.counts)
                             total[word] += count;
                     }),
                     on<Finish>([&](Finish finish) { expected = finish.partials; }));
    std::vector<WordCount> words{total.begin(), total.end()};
    keep_top_words(words);
    self.send(job, Reduced{total.size(), std::move(words)});
}

/// Keeps the result for whoever looks.
class ResultKeeper final : public Server<ResultKeeper> {
public:
    using Messages = fiberscope::Messages<Outcome>;

    void handle_cast(Outcome outcome) { outcome_ = std::move(outcome); }
    Term state() const {
        std::vector<Term> words;
        for (const auto& [word, count] : outcome_.most_frequent)
            words.push_back(Term::tuple({Term::string(word), count}));
        return Term::list({Term::tuple({Term::atom("files"), outcome_.files}), Term::tuple({Term::atom("words"), outcome_.words}),
                           Term::tuple({Term::atom("distinct_words"), outcome_.distinct_words}),
                           Term::tuple({Term::atom("most_frequent"), Term::list(words)})});
    }

private:
    Outcome outcome_;
};

/// One count from start to end, so many times over. Linked to all its helpers: if one of them is killed, the job fails as a whole
/// and its supervisor starts it afresh.
class Job {
public:
    Job(std::filesystem::path folder, std::uint32_t passes) : folder_{std::move(folder)}, passes_{passes} {}

    void operator()(Process& self) {
        for (std::uint32_t pass = 1; pass <= passes_; ++pass)
            count(self);
        self.node().log(LogLevel::notice, summary(), self.pid());
    }

private:
    void count(Process& self) {
        const auto files = self.blocking([this] { return files_in(folder_); });
        start_reducers(self);
        outcome_ = {};
        outcome_.folder = folder_.string();
        outcome_.files = files.size();
        map(self, files);
        reduce(self);
        self.cast("wordcount_result", outcome_);
    }

    void start_reducers(Process& self) {
        for (std::size_t index = 0; index < reducer_count; ++index)
            reducers_[index] =
                self.spawn_link([job = self.pid()](Process& child) { reducer(child, job); },
                                {.label = fmt::format("reducer {}", index + 1), .initial_function = "fiberscope::app::reducer"});
    }

    void map(Process& self, const std::vector<std::filesystem::path>& files) {
        std::size_t running = 0;
        for (const auto& file : files) {
            if (running == mappers_at_a_time) {
                take(self.receive<Mapped>());
                --running;
            }
            self.spawn_link(Mapper{file, self.pid(), reducers_}, {.label = "maps " + file.filename().string(),
                                                                  .initial_function = "fiberscope::app::Mapper::operator()"});
            ++running;
        }
        for (; running > 0; --running)
            take(self.receive<Mapped>());
    }
    void take(const Mapped& mapped) {
        outcome_.words += mapped.words;
        outcome_.skipped_files += mapped.is_text ? 0 : 1;
    }

    void reduce(Process& self) {
        for (const Pid reducer : reducers_)
            self.send(reducer, Finish{outcome_.files - outcome_.skipped_files});
        for (std::size_t index = 0; index < reducer_count; ++index) {
            Reduced reduced = self.receive<Reduced>();
            outcome_.distinct_words += reduced.distinct_words;
            std::ranges::move(reduced.most_frequent, std::back_inserter(outcome_.most_frequent));
        }
        keep_top_words(outcome_.most_frequent);
    }

    std::string summary() const {
        std::string words;
        for (const auto& [word, count] : outcome_.most_frequent)
            words += fmt::format("{}{} {}", words.empty() ? "" : ", ", word, count);
        return fmt::format("wordcount: {} words, {} distinct, in {} text files of {} ({} skipped); most frequent: {}",
                           outcome_.words, outcome_.distinct_words, outcome_.files - outcome_.skipped_files, outcome_.folder,
                           outcome_.skipped_files, words);
    }

    std::filesystem::path folder_;
    std::uint32_t passes_;
    std::array<Pid, reducer_count> reducers_;
    Outcome outcome_;
};

} // namespace

Application make_wordcount(std::filesystem::path folder, std::uint32_t passes) {
    auto supervisor = Supervisor::one_for_one({.intensity = 3, .period = 5s})
                          .named("wordcount_sup")
                          .child("wordcount_result", ResultKeeper::start().named("wordcount_result"))
                          .child("wordcount_job", Job{std::move(folder), passes}, {.restart = RestartType::transient},
                                 {.name = "wordcount_job", .initial_function = "fiberscope::app::Job::operator()"});
    return Application{"wordcount", std::move(supervisor)};
}

} // namespace fiberscope::app
