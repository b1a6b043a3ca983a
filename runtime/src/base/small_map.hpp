// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace fiberscope::detail {

/// A map that is a plain vector while it is small, as almost all tables of links and monitors are, and gets a hash
/// index when it grows, as a supervisor's of 100,000 children does. Order is not kept. Not thread-safe.
template <class Key, class Value>
class SmallMap {
public:
    using Entry = std::pair<Key, Value>;

    Value* find(const Key& key) noexcept {
        const std::size_t at = position(key);
        return at < entries_.size() ? &entries_[at].second : nullptr;
    }
    const Value* find(const Key& key) const noexcept {
        const std::size_t at = position(key);
        return at < entries_.size() ? &entries_[at].second : nullptr;
    }
    /// Adds an entry; **Pre-condition:** the key is not there. **Errors:** std::bad_alloc: nothing has changed.
    Value& add(const Key& key, Value value) {
        if (index_ == nullptr && entries_.size() >= most_without_index)
            make_index();
        entries_.emplace_back(key, std::move(value));
        if (index_ != nullptr)
            index_entry();
        return entries_.back().second;
    }
    bool erase(const Key& key) noexcept {
        const std::size_t at = position(key);
        if (at >= entries_.size())
            return false;
        if (index_ != nullptr) {
            index_->erase(key);
            if (at + 1 < entries_.size())
                (*index_)[entries_.back().first] = at;
        }
        if (at + 1 < entries_.size())
            entries_[at] = std::move(entries_.back());
        entries_.pop_back();
        return true;
    }
    std::size_t size() const noexcept { return entries_.size(); }
    bool empty() const noexcept { return entries_.empty(); }
    auto begin() const noexcept { return entries_.begin(); }
    auto end() const noexcept { return entries_.end(); }
    /// Hands all entries out and is empty afterwards.
    std::vector<Entry> take() noexcept {
        index_.reset();
        return std::exchange(entries_, {});
    }

private:
    static constexpr std::size_t most_without_index = 16;
    using Index = boost::unordered_flat_map<Key, std::size_t, std::hash<Key>>;

    std::size_t position(const Key& key) const noexcept {
        if (index_ != nullptr) {
            const auto found = index_->find(key);
            return found == index_->end() ? entries_.size() : found->second;
        }
        std::size_t at = 0;
        while (at < entries_.size() && !(entries_[at].first == key))
            ++at;
        return at;
    }
    void make_index() {
        auto index = std::make_unique<Index>();
        for (std::size_t at = 0; at < entries_.size(); ++at)
            index->emplace(entries_[at].first, at);
        index_ = std::move(index);
    }
    void index_entry() {
        try {
            index_->emplace(entries_.back().first, entries_.size() - 1);
        } catch (...) {
            entries_.pop_back();
            throw;
        }
    }

    std::vector<Entry> entries_;
    std::unique_ptr<Index> index_;
};

} // namespace fiberscope::detail
