// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/process_frame.hpp"

#include <algorithm>
#include <span>

namespace fiberscope::widgets {

namespace {

/// The first element at or after `slot` in a run that rises by slot.
template <class T>
auto lowerBound(std::span<const T> run, std::uint32_t slot) {
    return std::lower_bound(run.begin(), run.end(), slot,
                            [](const T& element, std::uint32_t wanted) { return element.pid.slot() < wanted; });
}

/// The element of exactly this process, or nullptr.
template <class T>
const T* findIn(std::span<const T> run, fiberscope::Pid pid) {
    for (auto found = lowerBound(run, pid.slot()); found != run.end() && found->pid.slot() == pid.slot(); ++found)
        if (found->pid == pid)
            return &*found;
    return nullptr;
}

} // namespace

std::string_view ProcessSample::label(std::size_t index) const noexcept {
    if (!row(index).has_label())
        return {};
    const std::span labels{snapshot.labels};
    const auto run = isLive(index) ? labels.first(liveLabelCount) : labels.subspan(liveLabelCount);
    const auto* found = findIn<fiberscope::Snapshot::Label>(run, row(index).pid);
    return found != nullptr ? std::string_view{found->text} : std::string_view{};
}

std::string_view ProcessSample::name(std::size_t index) const noexcept {
    const auto& process = row(index);
    if (process.registered_name != 0)
        return fiberscope::name_of(process.registered_name);
    const auto text = label(index);
    return text.empty() ? fiberscope::name_of(process.initial_function) : text;
}

std::optional<std::size_t> ProcessSample::find(fiberscope::Pid pid) const noexcept {
    const std::span rows{snapshot.processes};
    const auto* found = findIn<fiberscope::ProcessRow>(rows.first(liveCount), pid);
    if (found == nullptr)
        found = findIn<fiberscope::ProcessRow>(rows.subspan(liveCount), pid);
    if (found == nullptr)
        return std::nullopt;
    return static_cast<std::size_t>(found - rows.data());
}

std::optional<std::size_t> ProcessFrame::rowOf(fiberscope::Pid pid) const noexcept {
    const auto found = sample->find(pid);
    if (!found || positions[*found] == hidden)
        return std::nullopt;
    return positions[*found];
}

std::optional<std::size_t> ProcessFrame::rowOfSlot(std::uint32_t slot) const noexcept {
    const auto live = std::span{sample->snapshot.processes}.first(sample->liveCount);
    const auto found = lowerBound<fiberscope::ProcessRow>(live, slot);
    return found != live.end() && found->pid.slot() == slot ? rowOf(found->pid) : std::nullopt;
}

} // namespace fiberscope::widgets
