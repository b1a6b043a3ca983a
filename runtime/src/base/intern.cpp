// SPDX-License-Identifier: BSL-1.0
#include "base/intern.hpp"

#include "base/code_depth.hpp"

#include <fiberscope/snapshot.hpp>
#include <fiberscope/target.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace fiberscope {
namespace {

/// Texts lie in chunks that never move; a hash index of ids finds them. Readers take no lock: an index is published
/// whole, its slots are filled one by one with release stores, and outgrown indexes stay (their sum is one more index).
class InternTable {
public:
    InternTable() {
        for (const std::string_view text :
             {"undefined", "normal", "shutdown", "kill", "killed", "noproc", "error", "timeout", "badarg", "system_limit"})
            intern(text);
    }

    std::uint32_t intern(std::string_view text) {
        const detail::RuntimeCall in_runtime; // a lock is held
        const std::size_t hash = std::hash<std::string_view>{}(text);
        if (const auto known = find(*index_.load(std::memory_order_acquire), hash, text); known != none)
            return known;
        const std::lock_guard lock{mutex_};
        if (const auto known = find(*index_.load(std::memory_order_relaxed), hash, text); known != none)
            return known;
        return insert(hash, text);
    }

    /// 0 if it is not interned.
    std::uint32_t find(std::string_view text) const noexcept {
        const std::uint32_t id = find(*index_.load(std::memory_order_acquire), std::hash<std::string_view>{}(text), text);
        return id != none ? id : 0;
    }

    std::string_view text(std::uint32_t id) const noexcept {
        if (id >= count())
            return "undefined";
        return stored(id);
    }

    std::uint32_t count() const noexcept { return count_.load(std::memory_order_acquire); }

private:
    static constexpr std::uint32_t chunk_size = 1024;
    static constexpr std::uint32_t chunk_count = 4096;
    static constexpr std::uint32_t none = ~0U;

    using Chunk = std::array<std::string, chunk_size>;

    /// Open addressing with linear probing, at most half full. A slot holds an id, or `none`.
    struct Index {
        explicit Index(std::size_t size) : slots(size) {
            for (auto& slot : slots)
                slot.store(none, std::memory_order_relaxed);
        }
        std::vector<std::atomic<std::uint32_t>> slots;
    };

    std::uint32_t find(const Index& index, std::size_t hash, std::string_view text) const noexcept {
        const std::size_t mask = index.slots.size() - 1;
        for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
            const std::uint32_t id = index.slots[at].load(std::memory_order_acquire);
            if (id == none || stored(id) == text)
                return id;
        }
    }

    const std::string& stored(std::uint32_t id) const noexcept {
        return (*chunks_[id / chunk_size].load(std::memory_order_acquire))[id % chunk_size];
    }

    static void put(Index& index, std::size_t hash, std::uint32_t id) noexcept {
        const std::size_t mask = index.slots.size() - 1;
        std::size_t at = hash & mask;
        while (index.slots[at].load(std::memory_order_relaxed) != none)
            at = (at + 1) & mask;
        index.slots[at].store(id, std::memory_order_release);
    }

    std::uint32_t insert(std::size_t hash, std::string_view text) {
        const std::uint32_t id = count_.load(std::memory_order_relaxed);
        if (id == chunk_size * chunk_count)
            throw Error{Term{atoms::system_limit}};
        auto& chunk = chunks_[id / chunk_size];
        if (chunk.load(std::memory_order_relaxed) == nullptr) {
            storage_.push_back(std::make_unique<Chunk>());
            chunk.store(storage_.back().get(), std::memory_order_release);
        }
        (*chunk.load(std::memory_order_relaxed))[id % chunk_size] = text;
        if (indexes_.back()->slots.size() < 2 * std::size_t{id} + 2)
            grow(id);
        put(*indexes_.back(), hash, id);
        count_.store(id + 1, std::memory_order_release);
        return id;
    }

    void grow(std::uint32_t count) {
        auto larger = std::make_unique<Index>(indexes_.back()->slots.size() * 2);
        for (std::uint32_t id = 0; id < count; ++id)
            put(*larger, std::hash<std::string_view>{}(stored(id)), id);
        indexes_.push_back(std::move(larger));
        index_.store(indexes_.back().get(), std::memory_order_release);
    }

    std::mutex mutex_; ///< serialises inserts: protects storage_ and indexes_
    std::vector<std::unique_ptr<Chunk>> storage_;
    std::vector<std::unique_ptr<Index>> indexes_ = first_index();
    std::atomic<const Index*> index_{indexes_.back().get()}; ///< written by inserts
    std::array<std::atomic<Chunk*>, chunk_count> chunks_{};  ///< written by inserts
    std::atomic<std::uint32_t> count_{0};                    ///< written by inserts

    static std::vector<std::unique_ptr<Index>> first_index() {
        std::vector<std::unique_ptr<Index>> indexes;
        indexes.push_back(std::make_unique<Index>(2048));
        return indexes;
    }
};

/// Never destroyed: names are asked for until the program's very end.
InternTable& table() {
    static InternTable& the_table = *new InternTable;
    return the_table;
}

} // namespace

std::uint32_t intern(std::string_view text) {
    return table().intern(text);
}

std::uint32_t intern_count() noexcept {
    return table().count();
}

Atom::Atom(std::string_view name) : id_{intern(name)} {}

Atom Atom::existing(std::string_view name) noexcept {
    return from_id(table().find(name));
}

Name::Name(std::string_view text) : atom_{Atom::existing(text)} {
    if (!atom_)
        text_ = std::make_shared<const std::string>(text);
}

std::string_view Atom::name() const noexcept {
    return name_of(id_);
}

std::string_view name_of(std::uint32_t id) noexcept {
    return table().text(id);
}

} // namespace fiberscope
