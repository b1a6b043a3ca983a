// SPDX-License-Identifier: BSL-1.0
/// What a process holds that is limited: its heap and its mailbox.
#pragma once

#include "process/mailbox.hpp"

#include <fiberscope/process.hpp>

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string>

namespace fiberscope::detail {

class Life;

/// A limit that remembers that it has warned.
struct Watched {
    Limit limit;
    bool has_warned = false;

    bool is_passed_by(std::size_t held, std::size_t more) const noexcept {
        return limit.most != 0 && (more > limit.most || held > limit.most - more);
    }
    /// It warns again only after it was down to half of the limit.
    void has_come_down_to(std::size_t held) noexcept {
        if (held <= limit.most / 2)
            has_warned = false;
    }
    Limit set(Limit other) noexcept {
        has_warned = false;
        return std::exchange(limit, other);
    }
};

/// The memory behind `Process::heap()`: pools of the process's own, given back as a whole with this object. What a process
/// leaves behind that was stopped in the middle of its code is so given back, too.
/// **Thread:** the process's own; also that of a function which it waits for in `blocking`: there no limit is looked at.
class ProcessHeap final : public std::pmr::memory_resource {
public:
    explicit ProcessHeap(Life& owner) noexcept;
    ~ProcessHeap() override;

    /// What its users have and have not given back.
    std::size_t bytes_in_use() const noexcept { return in_use_; }

private:
    /// Where the pools get their memory; counts what they have of it.
    class Source final : public std::pmr::memory_resource {
    public:
        explicit Source(Life& owner) noexcept : owner_{owner} {}

    private:
        void* do_allocate(std::size_t bytes, std::size_t alignment) override;
        void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
        bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

        Life& owner_;
    };

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    Life& owner_;
    Source source_;
    std::pmr::unsynchronized_pool_resource pools_;
    std::size_t in_use_ = 0;
};

/// Made for a process that has a limit or a heap.
struct Holdings {
    Watched heap_limit;
    Watched message_queue_limit;
    std::unique_ptr<ProcessHeap> heap;
    std::string why_killed; ///< by a limit: which one
    Mailbox unwanted;       ///< messages to destroy when user code may run again, or at the end
};

} // namespace fiberscope::detail
