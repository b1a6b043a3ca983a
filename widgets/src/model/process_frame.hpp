// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/snapshot.hpp>

#include <QString>
#include <QtCore/qnamespace.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace fiberscope::widgets {

/// The columns of the process table, in the order of its model; described in process_columns.hpp.
enum class ProcessColumn : int {
    pid,
    name,
    reductions,
    memory,
    messageQueueLength,
    currentFunction,
    status,
    cpuPercent,
    cpuTime,
    scheduler,
    priority,
    links,
    monitors,
    parent,
    trapExit,
    messagesIn,
    messagesOut,
    contextSwitches,
    age,
    timeInState,
    label,
    preemptions,
    refusals,
    longestRun,
};
inline constexpr int processColumnCount = static_cast<int>(ProcessColumn::longestRun) + 1;

/// What the process table is asked to show.
struct ProcessQuery {
    ProcessColumn sortColumn = ProcessColumn::reductions;
    Qt::SortOrder order = Qt::DescendingOrder;
    QString filter;                   ///< part of pid, name, label or function, in any case; empty: all
    bool accumulate = false;          ///< reductions since the start of a process, not since the last refresh
    bool hideSystemProcesses = false; ///< leave out the Node's own
    bool operator==(const ProcessQuery&) const = default;
};

/// What became of a process between two samples.
enum class RowMark : std::uint8_t {
    none,
    started, ///< was not there before
    ended,   ///< is gone; shown once more with its last values
};

/// What is known of a process by comparing two samples.
struct ProcessRates {
    std::uint64_t reductions = 0; ///< since the sample before; since its start if it was not in that
    float cpuPercent = 0;         ///< of one scheduler, since the sample before
    RowMark mark = RowMark::none;
};

/// All processes at one moment, compared with the sample before. Immutable once built; shared by frames.
/// **Thread:** any thread.
struct ProcessSample {
    /// Its process rows: the live ones by slot, then those that ended since the sample before, by slot.
    fiberscope::Snapshot snapshot;
    std::vector<ProcessRates> rates; ///< of the rows, in their order
    std::size_t liveCount = 0;       ///< how many rows are live
    std::size_t liveLabelCount = 0;  ///< how many labels belong to live rows
    std::size_t suspendedCount = 0;  ///< how many live rows are suspended

    std::size_t size() const noexcept { return snapshot.processes.size(); }
    const fiberscope::ProcessRow& row(std::size_t index) const noexcept { return snapshot.processes[index]; }
    bool isLive(std::size_t index) const noexcept { return index < liveCount; }
    bool isSuspended(std::size_t index) const noexcept {
        return isLive(index) && row(index).status == fiberscope::Status::suspended;
    }
    /// Since the start of the Node.
    std::uint64_t nowMs() const noexcept { return snapshot.node.uptime_ns / 1'000'000; }
    /// The label of a row, or an empty text.
    std::string_view label(std::size_t index) const noexcept;
    /// Registered name, else label, else initial function.
    std::string_view name(std::size_t index) const noexcept;
    /// The index of a process. **Cost:** a binary search.
    std::optional<std::size_t> find(fiberscope::Pid pid) const noexcept;
};
using ProcessSamplePtr = std::shared_ptr<const ProcessSample>;

/// A sample as the process table shows it: filtered and sorted. A million rows cost the reader nothing: texts are
/// looked up by id when a row is painted. Immutable once built.
/// **Thread:** any thread. `row` counts the shown rows from the top.
struct ProcessFrame {
    static constexpr std::uint32_t hidden = UINT32_MAX;

    ProcessSamplePtr sample;
    ProcessQuery query;
    std::vector<std::uint32_t> order;     ///< of each shown row: its index in the sample
    std::vector<std::uint32_t> positions; ///< of each index in the sample: its shown row, or `hidden`
    std::size_t shownLive = 0;            ///< shown rows without the ended ones

    std::size_t rowCount() const noexcept { return order.size(); }
    std::size_t index(std::size_t row) const noexcept { return order[row]; }
    fiberscope::Pid pid(std::size_t row) const noexcept { return sample->row(order[row]).pid; }
    RowMark mark(std::size_t row) const noexcept { return sample->rates[order[row]].mark; }
    /// Where a process is shown. **Cost:** a binary search.
    std::optional<std::size_t> rowOf(fiberscope::Pid pid) const noexcept;
    /// The first shown row whose pid has this slot, as in `<0.SLOT.SERIAL>`.
    std::optional<std::size_t> rowOfSlot(std::uint32_t slot) const noexcept;
    /// Lets go of the sample, so that its buffers can be used again.
    void recycle() noexcept { sample.reset(); }
};
using ProcessFramePtr = std::shared_ptr<const ProcessFrame>;

} // namespace fiberscope::widgets
