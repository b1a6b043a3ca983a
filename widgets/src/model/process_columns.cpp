// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/process_columns.hpp"

#include "model/line_text.hpp"
#include "model/text_format.hpp"

#include <array>
#include <cmath>

namespace fiberscope::widgets {

namespace {

using Frame = const ProcessFrame&;
using Sample = const ProcessSample&;
using Query = const ProcessQuery&;

constexpr auto left = Qt::AlignLeft | Qt::AlignVCenter;
constexpr auto right = Qt::AlignRight | Qt::AlignVCenter;
constexpr auto centre = Qt::AlignCenter;
constexpr auto rising = Qt::AscendingOrder;
constexpr auto falling = Qt::DescendingOrder;

// -- what columns share ----

/// A column whose number is a member of the row, shown as it is.
template <auto Member>
std::uint64_t number(Sample sample, std::size_t index, Query) {
    return static_cast<std::uint64_t>(sample.row(index).*Member);
}
template <auto Member>
QString count(Frame frame, std::size_t index) {
    return QString::number(static_cast<std::uint64_t>(frame.sample->row(index).*Member));
}
/// A column whose text is an interned name of the row.
template <auto Member>
std::string_view interned(Sample sample, std::size_t index) {
    return fiberscope::name_of(sample.row(index).*Member);
}
template <std::string_view (*Text)(Sample, std::size_t)>
QString plain(Frame frame, std::size_t index) {
    return lineText(toQString(Text(*frame.sample, index)));
}
template <auto Member>
QString pid(Frame frame, std::size_t index) {
    return pidText(frame.sample->row(index).*Member);
}
QString parentText(Frame frame, std::size_t index) {
    const auto parent = frame.sample->row(index).parent;
    const auto found = frame.sample->find(parent);
    return namedPidText(found ? toQString(frame.sample->name(*found)) : QString{}, parent);
}
template <auto Member>
std::uint64_t pidNumber(Sample sample, std::size_t index, Query) {
    return (sample.row(index).*Member).bits();
}
/// Milliseconds from a moment of the row to the sample.
template <auto Member>
std::uint64_t since(Sample sample, std::size_t index, Query) {
    const auto then = sample.row(index).*Member;
    const auto now = sample.nowMs();
    return now > then ? now - then : 0;
}
template <auto Member>
QString sinceText(Frame frame, std::size_t index) {
    return durationText(since<Member>(*frame.sample, index, frame.query));
}

// -- single columns ----

std::string_view name(Sample sample, std::size_t index) {
    return sample.name(index);
}
std::string_view label(Sample sample, std::size_t index) {
    return sample.label(index);
}
std::uint64_t reductions(Sample sample, std::size_t index, Query query) {
    return query.accumulate ? sample.row(index).reductions : sample.rates[index].reductions;
}
QString reductionsText(Frame frame, std::size_t index) {
    return QString::number(reductions(*frame.sample, index, frame.query));
}
QString statusText(Frame frame, std::size_t index) {
    if (!frame.sample->isLive(index))
        return QStringLiteral("ended");
    const auto& row = frame.sample->row(index);
    return row.is_starving() ? QStringLiteral("starving") : toQString(fiberscope::to_string(row.status));
}
QString priorityText(Frame frame, std::size_t index) {
    return toQString(fiberscope::to_string(frame.sample->row(index).priority));
}
std::uint64_t cpuPermyriad(Sample sample, std::size_t index, Query) {
    return static_cast<std::uint64_t>(std::lround(sample.rates[index].cpuPercent * 100));
}
QString cpuPercentText(Frame frame, std::size_t index) {
    return QString::number(static_cast<double>(frame.sample->rates[index].cpuPercent), 'f', 1);
}
QString cpuTime(Frame frame, std::size_t index) {
    return cpuTimeText(frame.sample->row(index).cpu_ns);
}
QString schedulerText(Frame frame, std::size_t index) {
    const auto scheduler = frame.sample->row(index).scheduler;
    return scheduler == 0 ? QStringLiteral("external") : QString::number(scheduler);
}
std::uint64_t trapExit(Sample sample, std::size_t index, Query) {
    return sample.row(index).traps_exits() ? 1 : 0;
}
QString trapExitText(Frame frame, std::size_t index) {
    return frame.sample->row(index).traps_exits() ? QStringLiteral("true") : QStringLiteral("false");
}

using Row = fiberscope::ProcessRow;
using Counts = fiberscope::Snapshot::PreemptionCounts;

template <auto Member>
std::uint64_t preemption(Sample sample, std::size_t index, Query) {
    const Row& row = sample.row(index);
    return (row.flags & Row::preempted_flag) != 0 ? sample.snapshot.preemption(row.pid).*Member : 0;
}
template <auto Member>
QString preemptionCount(Frame frame, std::size_t index) {
    return QString::number(preemption<Member>(*frame.sample, index, frame.query));
}
QString longestRunText(Frame frame, std::size_t index) {
    const std::uint64_t run_ns = preemption<&Counts::longest_run_ns>(*frame.sample, index, frame.query);
    return run_ns == 0 ? QString{} : cpuTimeText(run_ns);
}

/// In the order of ProcessColumn.
constexpr std::array<ProcessColumnInfo, processColumnCount> columns{{
    {"pid", "Pid", "Process identifier. Names one process for ever: it is not used again when the process ends.", 120, centre,
     true, rising, pid<&Row::pid>, pidNumber<&Row::pid>, nullptr},
    {"name", "Name or Initial Func",
     "The registered name; without one the label that the process gave itself; without that the function that it was spawned "
     "with.",
     200, left, true, rising, plain<name>, nullptr, name},
    {"reductions", "Reds",
     "Reductions: the unit of work by which schedulers share their time. Here those since the last refresh; with View > "
     "Accumulate "
     "those since the process started.",
     100, right, true, falling, reductionsText, reductions, nullptr},
    {"memory", "Memory",
     "Bytes that the process holds: control block, the deepest use of its stack, mailbox, and what it has allocated or received "
     "in messages: its heap alone, if the program is not linked with Fiberscope::Allocation (the System tab says so).",
     100, right, true, falling, count<&Row::memory_bytes>, number<&Row::memory_bytes>, nullptr},
    {"message_queue_length", "MsgQ", "Message queue length: messages that arrived and were not received yet.", 50, right, true,
     falling, count<&Row::message_queue_length>, number<&Row::message_queue_length>, nullptr},
    {"current_function", "Current Function", "The function in which the process last stopped or was seen.", 200, left, true,
     rising, plain<interned<&Row::current_function>>, nullptr, interned<&Row::current_function>},
    {"status", "Status",
     "running: a scheduler executes it. runnable: it waits for its turn in a run queue. waiting: a message or timeout wakes it. "
     "suspended: only resume and exit signals reach it. blocking: it runs in the pool for blocking calls. exiting: it unwinds. "
     "starving: it waits for a scheduler that is stuck in another process.",
     80, left, false, rising, statusText, number<&Row::status>, nullptr},
    {"cpu_percent", "CPU %", "Share of one scheduler's time since the last refresh.", 60, right, false, falling, cpuPercentText,
     cpuPermyriad, nullptr},
    {"cpu_time", "CPU Time", "Time that schedulers spent with the process since it started.", 90, right, false, falling, cpuTime,
     number<&Row::cpu_ns>, nullptr},
    {"scheduler", "Scheduler",
     "The scheduler that ran the process last, or in whose run queue it waits. Another one may take it when it has less to do.",
     80, right, false, rising, schedulerText, number<&Row::scheduler>, nullptr},
    {"priority", "Priority",
     "max, high, normal or low. A ready max or high process keeps all lower ones of its scheduler waiting.", 80, left, false,
     falling, priorityText, number<&Row::priority>, nullptr},
    {"links", "Links", "Processes that it is linked with: when one ends abnormally, its links get an exit signal.", 60, right,
     false, falling, count<&Row::links>, number<&Row::links>, nullptr},
    {"monitors", "Monitors", "Processes whose end it asked to be told of.", 70, right, false, falling, count<&Row::monitors>,
     number<&Row::monitors>, nullptr},
    {"parent", "Parent", "The process that spawned it. Empty: it was spawned from outside of the node.", 180, left, false, rising,
     parentText, pidNumber<&Row::parent>, nullptr},
    {"trap_exit", "Trap Exit", "true: exit signals reach it as messages; false: they end it. `kill` ends it in either case.", 80,
     left, false, falling, trapExitText, trapExit, nullptr},
    {"messages_in", "Messages In", "Messages that came into its mailbox since it started.", 100, right, false, falling,
     count<&Row::messages_in>, number<&Row::messages_in>, nullptr},
    {"messages_out", "Messages Out", "Messages that it sent since it started.", 100, right, false, falling,
     count<&Row::messages_out>, number<&Row::messages_out>, nullptr},
    {"context_switches", "Switches", "How often a scheduler began to run it.", 90, right, false, falling,
     count<&Row::context_switches>, number<&Row::context_switches>, nullptr},
    {"age", "Age", "Time since it was spawned.", 80, right, false, falling, sinceText<&Row::started_ms>, since<&Row::started_ms>,
     nullptr},
    {"time_in_state", "Time in State", "How long it has had its status.", 100, right, false, falling,
     sinceText<&Row::state_since_ms>, since<&Row::state_since_ms>, nullptr},
    {"label", "Label", "The text that the process gave itself for the reader of this table.", 160, left, false, rising,
     plain<label>, nullptr, label},
    {"preemptions", "Preempted",
     "Slices that lasted too long and were taken from it: by flag at a runtime call, or by a signal in its own code.", 80, right,
     false, falling, preemptionCount<&Counts::preemptions>, preemption<&Counts::preemptions>, nullptr},
    {"refusals", "Refused", "Signals that found it where it cannot be interrupted, such as inside of malloc; tried again soon.",
     70, right, false, falling, preemptionCount<&Counts::refusals>, preemption<&Counts::refusals>, nullptr},
    {"longest_run", "Longest Run", "The longest that it ran without giving way; shown for processes that were preempted.", 90,
     right, false, falling, longestRunText, preemption<&Counts::longest_run_ns>, nullptr},
}};

} // namespace

std::span<const ProcessColumnInfo> processColumns() noexcept {
    return columns;
}

const ProcessColumnInfo& processColumn(ProcessColumn column) noexcept {
    return columns[static_cast<std::size_t>(column)];
}

QString processText(const ProcessFrame& frame, std::size_t index, ProcessColumn column) {
    return processColumn(column).text(frame, index);
}

QVariant processRaw(const ProcessFrame& frame, std::size_t index, ProcessColumn column) {
    const auto& info = processColumn(column);
    if (info.sortText != nullptr)
        return toQString(info.sortText(*frame.sample, index));
    return QVariant::fromValue<qulonglong>(info.number(*frame.sample, index, frame.query));
}

} // namespace fiberscope::widgets
