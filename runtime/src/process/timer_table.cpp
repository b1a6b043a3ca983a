// SPDX-License-Identifier: BSL-1.0
#include "process/timer_table.hpp"

namespace fiberscope::detail {

TimerRef TimerTable::add(std::int64_t at_ns, const Target& target, std::unique_ptr<MessageSignal> message, bool is_timeout) {
    const Atom name = target.name.atom();
    const std::lock_guard lock{mutex_};
    std::uint32_t index = free_;
    if (index != none)
        free_ = records_[index].next;
    else {
        index = static_cast<std::uint32_t>(records_.size());
        if (index >= 1U << 24U)
            throw Error{Term::atom("system_limit")};
        records_.emplace_back();
    }
    Record& record = records_[index]; // its serial is not the last one: see free
    const TimerRef ref{std::uint64_t{scheduler_} << 56U | std::uint64_t{index} << 32U | ++record.serial};
    record.at_ns = at_ns;
    record.pid = target.pid;
    record.name = name;
    try {
        chain(index);
    } catch (...) {
        --record.serial; // nobody has seen it
        record.next = free_;
        free_ = index;
        throw;
    }
    record.message = std::move(message);
    record.message->tag = ref;
    if (is_timeout)
        static_cast<Timeout*>(record.message->value)->ref = ref;
    pending_.fetch_add(1, std::memory_order_relaxed);
    return ref;
}

/// **Pre-condition** of the private functions: mutex_ is held.
const TimerTable::Record* TimerTable::find(TimerRef timer) const noexcept {
    const std::uint32_t index = index_of(timer);
    if (index >= records_.size())
        return nullptr;
    const Record& record = records_[index];
    return record.serial == static_cast<std::uint32_t>(timer.bits()) && record.message != nullptr ? &record : nullptr;
}

void TimerTable::chain(std::uint32_t index) {
    Record& record = records_[index];
    record.previous = record.next = none;
    if (!record.pid)
        return;
    const auto [first, is_new] = first_of_target_.try_emplace(record.pid.bits(), index);
    if (is_new)
        return;
    record.next = first->second;
    records_[first->second].previous = index;
    first->second = index;
}

void TimerTable::unchain(const Record& record, std::uint32_t index) {
    if (record.next != none)
        records_[record.next].previous = record.previous;
    if (record.previous != none)
        records_[record.previous].next = record.next;
    const auto first = first_of_target_.find(record.pid.bits());
    if (first == first_of_target_.end() || first->second != index)
        return;
    if (record.next == none)
        first_of_target_.erase(first);
    else
        first->second = record.next;
}

TimerTable::Due TimerTable::free(std::uint32_t index) {
    Record& record = records_[index];
    Due due{record.pid, record.name, std::move(record.message), record.at_ns};
    unchain(record, index);
    if (record.serial != last_serial) { // else its references are used up: none may come to name another timer
        record.next = free_;
        free_ = index;
    }
    pending_.fetch_sub(1, std::memory_order_relaxed);
    return due;
}

std::optional<std::int64_t> TimerTable::read(TimerRef timer) const {
    const std::lock_guard lock{mutex_};
    const Record* record = find(timer);
    return record != nullptr ? std::optional{record->at_ns} : std::nullopt;
}

std::optional<TimerTable::Due> TimerTable::take(TimerRef timer) {
    const std::lock_guard lock{mutex_};
    if (find(timer) == nullptr)
        return std::nullopt;
    return free(index_of(timer));
}

std::vector<TimerTable::Due> TimerTable::drop_target(Pid target) {
    std::vector<Due> dropped;
    const std::lock_guard lock{mutex_};
    for (auto first = first_of_target_.find(target.bits()); first != first_of_target_.end();
         first = first_of_target_.find(target.bits()))
        dropped.push_back(free(first->second));
    return dropped;
}

bool TimerTable::is_pending(TimerRef timer) const {
    const std::lock_guard lock{mutex_};
    return find(timer) != nullptr;
}

} // namespace fiberscope::detail
