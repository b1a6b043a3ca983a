// SPDX-License-Identifier: BSL-1.0
#include "process/link_table.hpp"

namespace fiberscope::detail {

std::optional<std::uint64_t> LinkTable::link(Pid peer) {
    Record* record = records_.find(peer);
    if (record != nullptr && record->active)
        return std::nullopt;
    if (record == nullptr)
        record = &records_.add(peer, {});
    record->active = true;
    record->stamp = next_stamp();
    ++active_;
    return record->stamp;
}

std::optional<std::uint64_t> LinkTable::unlink(Pid peer) {
    Record* record = records_.find(peer);
    if (record == nullptr || !record->active)
        return std::nullopt;
    record->active = false;
    record->stamp = record->unlinked_at = next_stamp();
    --active_;
    return record->stamp;
}

void LinkTable::linked_at_birth(Pid peer, std::uint64_t stamp) {
    seen(stamp);
    records_.add(peer, {stamp, 0, true});
    ++active_;
}

void LinkTable::on_link(Pid peer, std::uint64_t stamp) {
    seen(stamp);
    Record* record = records_.find(peer);
    if (record == nullptr)
        record = &records_.add(peer, {});
    if (stamp < record->stamp)
        return; // an own unlink is younger
    record->stamp = stamp;
    active_ += record->active ? 0 : 1;
    record->active = true;
}

void LinkTable::on_unlink(Pid peer, std::uint64_t stamp) {
    seen(stamp);
    Record* record = records_.find(peer);
    if (record == nullptr || stamp < record->stamp || (stamp == record->stamp && record->active))
        return; // an own link is younger; of a link and an unlink at the same time the link wins, on both sides
    active_ -= record->active ? 1 : 0;
    record->active = false;
    record->stamp = stamp;
    if (record->unlinked_at == 0)
        records_.erase(peer);
}

void LinkTable::on_unlink_ack(Pid peer, std::uint64_t stamp) {
    Record* record = records_.find(peer);
    if (record == nullptr || record->unlinked_at != stamp)
        return;
    record->unlinked_at = 0;
    if (!record->active)
        records_.erase(peer);
}

bool LinkTable::on_link_exit(Pid peer, std::uint64_t stamp) {
    const Record* record = records_.find(peer);
    if (record == nullptr)
        return false;
    const bool counts = record->active && stamp >= record->unlinked_at;
    if (!counts)
        return false; // the answer to the link made since is on its way, or the link was cut
    --active_;
    records_.erase(peer);
    return true;
}

std::vector<Pid> LinkTable::peers(std::size_t first, std::size_t count) const {
    std::vector<Pid> peers;
    std::size_t index = 0;
    for (auto at = records_.begin(); at != records_.end() && peers.size() < count; ++at)
        if (at->second.active && index++ >= first)
            peers.push_back(at->first);
    return peers;
}

std::vector<std::pair<Pid, std::uint64_t>> LinkTable::take() {
    std::vector<std::pair<Pid, std::uint64_t>> links;
    links.reserve(active_);
    for (const auto& [peer, record] : records_.take())
        if (record.active)
            links.emplace_back(peer, record.stamp);
    active_ = 0;
    return links;
}

} // namespace fiberscope::detail
