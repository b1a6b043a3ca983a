// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/snapshot.hpp>

#include <algorithm>

namespace fiberscope {

std::string_view Snapshot::label(Pid pid) const noexcept {
    const auto found = std::lower_bound(labels.begin(), labels.end(), pid,
                                        [](const Label& label, Pid wanted) { return label.pid.slot() < wanted.slot(); });
    return found != labels.end() && found->pid == pid ? std::string_view{found->text} : std::string_view{};
}

Snapshot::PreemptionCounts Snapshot::preemption(Pid pid) const noexcept {
    const auto found =
        std::lower_bound(preemptions.begin(), preemptions.end(), pid,
                         [](const PreemptionCounts& counts, Pid wanted) { return counts.pid.slot() < wanted.slot(); });
    return found != preemptions.end() && found->pid == pid ? *found : PreemptionCounts{};
}

std::string_view display_name(const Snapshot& snapshot, const ProcessRow& row) noexcept {
    if (row.registered_name != 0)
        return name_of(row.registered_name);
    if (row.has_label())
        if (const std::string_view label = snapshot.label(row.pid); !label.empty())
            return label;
    return name_of(row.initial_function);
}

} // namespace fiberscope
