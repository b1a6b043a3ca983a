// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/small_map.hpp"

#include <fiberscope/pid.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace fiberscope::detail {

/// The links of one process.
///
/// Problem: a link is one relation that both sides may make and cut at any moment, while signals about it are on their
/// way. OTP numbers its unlinks and acknowledges them (OTP-17127); rule X17: an old unlink must not cut a newer link,
/// and an old end must not be reported for it.
/// Solution: each link and unlink carries a stamp of a Lamport clock, and the later operation wins on both sides. A cut
/// link is remembered until the peer has acknowledged the cut: after that everything it sends is younger.
/// **Thread:** the process's own.
class LinkTable {
public:
    /// This process links itself to `peer`. The stamp to send, or nothing if they are linked already (X15).
    std::optional<std::uint64_t> link(Pid peer);
    /// Cuts the link. The stamp to send, or nothing if there is no link.
    std::optional<std::uint64_t> unlink(Pid peer);
    /// Both sides are linked from the start (spawn_link).
    void linked_at_birth(Pid peer, std::uint64_t stamp);

    void on_link(Pid peer, std::uint64_t stamp);
    void on_unlink(Pid peer, std::uint64_t stamp);
    void on_unlink_ack(Pid peer, std::uint64_t stamp);
    /// The peer ended. True if that counts: the link that ended was not cut before.
    bool on_link_exit(Pid peer, std::uint64_t stamp);

    bool is_linked(Pid peer) const noexcept {
        const Record* record = records_.find(peer);
        return record != nullptr && record->active;
    }
    /// No link is in force, and none is remembered.
    bool empty() const noexcept { return records_.empty(); }
    /// Number of links that are in force.
    std::size_t size() const noexcept { return active_; }
    /// `count` of them from the `first` on.
    std::vector<Pid> peers(std::size_t first, std::size_t count) const;
    /// As if `linked_at_birth` had not been called: there is no such peer.
    void forget(Pid peer) noexcept { active_ -= records_.erase(peer) ? 1 : 0; }
    /// Peers with the stamps of their links; the table is empty afterwards.
    std::vector<std::pair<Pid, std::uint64_t>> take();
    std::uint64_t next_stamp() noexcept { return ++clock_; }

private:
    struct Record {
        std::uint64_t stamp = 0;       ///< of the last operation that won
        std::uint64_t unlinked_at = 0; ///< of the own unlink that is not acknowledged yet
        bool active = false;
    };
    void seen(std::uint64_t stamp) noexcept { clock_ = clock_ < stamp ? stamp : clock_; }

    SmallMap<Pid, Record> records_;
    std::uint64_t clock_ = 0;
    std::size_t active_ = 0;
};

} // namespace fiberscope::detail
