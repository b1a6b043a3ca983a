// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/process_frame_builder.hpp"

#include "model/process_columns.hpp"
#include "model/process_filter.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace fiberscope::widgets {

namespace {

/// The window is there before what it is to show: a program makes it, then starts its processes.
constexpr std::uint32_t newsAfterMs = 1000;

/// From one sample to a later one.
struct Interval {
    std::uint64_t length_ns = 0;
    std::uint64_t pace_ns = 0; ///< what it counts as, if it was much longer; 0: as it is

    bool isLate() const noexcept { return pace_ns > 0 && length_ns > pace_ns + pace_ns / 2; }
    std::uint64_t asOnePace(std::uint64_t amount) const noexcept {
        return isLate() ? static_cast<std::uint64_t>(static_cast<double>(amount) * static_cast<double>(pace_ns) /
                                                     static_cast<double>(length_ns))
                        : amount;
    }
};

/// What changed in a process from `before` to `after`.
ProcessRates ratesBetween(const ProcessRow& before, const ProcessRow& after, const Interval& interval) {
    ProcessRates rates;
    rates.reductions = interval.asOnePace(after.reductions - std::min(before.reductions, after.reductions));
    const auto cpu = after.cpu_ns - std::min(before.cpu_ns, after.cpu_ns);
    if (interval.length_ns > 0)
        rates.cpuPercent = static_cast<float>(100.0 * static_cast<double>(cpu) / static_cast<double>(interval.length_ns));
    return rates;
}

/// A process that the sample before did not have. Its part of an interval began when it did.
ProcessRates ratesOfStarted(const ProcessRow& row, Interval interval, std::uint64_t age_ns, std::uint64_t newsFrom) {
    if (interval.isLate())
        interval.length_ns = std::min(interval.length_ns, age_ns);
    auto rates = ratesBetween({}, row, interval);
    rates.mark = row.started_ms < newsFrom ? RowMark::none : RowMark::started;
    return rates;
}

/// The rows of `sample` that ended since `previous`, by slot; in an update those, too, that had ended by then.
class EndedRows {
public:
    EndedRows(ProcessSample& sample, const ProcessSample* previous, bool isUpdate)
        : m_sample{sample}, m_previous{previous}, m_shown{previous != nullptr && isUpdate ? previous->liveCount : SIZE_MAX} {}

    /// **Pre-condition:** called in the order of slots.
    void add(std::size_t index) {
        addShownBefore(m_previous->row(index).pid.slot());
        append(index);
    }
    void addShownBefore(std::uint32_t slot) {
        while (m_previous != nullptr && m_shown < m_previous->size() && m_previous->row(m_shown).pid.slot() < slot)
            append(m_shown++);
    }

private:
    void append(std::size_t index) {
        const auto& row = m_previous->row(index);
        m_sample.snapshot.processes.push_back(row);
        m_sample.rates.push_back(m_previous->rates[index]);
        m_sample.rates.back().mark = RowMark::ended;
        if (row.has_label())
            m_sample.snapshot.labels.push_back({row.pid, std::string{m_previous->label(index)}});
    }

    ProcessSample& m_sample;
    const ProcessSample* m_previous;
    std::size_t m_shown; ///< the next of those that `previous` shows as ended
};

/// Both samples rise by slot, so one walk through them finds who stayed, who came and who went.
void compare(ProcessSample& sample, const ProcessSample* previous, const SampleKind& kind, std::uint64_t newsFrom) {
    const std::size_t oldCount = previous != nullptr ? previous->liveCount : 0;
    const auto before = previous != nullptr ? previous->snapshot.node.uptime_ns : 0;
    const Interval interval{sample.snapshot.node.uptime_ns - std::min(before, sample.snapshot.node.uptime_ns),
                            static_cast<std::uint64_t>(kind.pace.count())};
    EndedRows ended{sample, previous, kind.isUpdate};
    std::size_t old = 0;
    for (std::size_t index = 0; index < sample.liveCount; ++index) {
        const auto pid = sample.row(index).pid;
        while (old < oldCount && previous->row(old).pid.slot() < pid.slot())
            ended.add(old++);
        const bool sameSlot = old < oldCount && previous->row(old).pid.slot() == pid.slot();
        if (sameSlot && previous->row(old).pid == pid) {
            sample.rates[index] =
                kind.isUpdate ? previous->rates[old] : ratesBetween(previous->row(old), sample.row(index), interval);
            ++old;
            continue;
        }
        if (sameSlot)
            ended.add(old++);
        const auto& row = sample.row(index);
        const std::uint64_t age_ms = sample.nowMs() - std::min(row.started_ms, sample.nowMs());
        sample.rates[index] = ratesOfStarted(row, interval, age_ms * 1'000'000, newsFrom);
    }
    while (old < oldCount)
        ended.add(old++);
    ended.addShownBefore(UINT32_MAX);
}

} // namespace

std::shared_ptr<ProcessSample> ProcessFrameBuilder::newSample() {
    return m_samples.take();
}

void ProcessFrameBuilder::add(std::shared_ptr<ProcessSample> sample, const SampleKind& kind) {
    sample->liveCount = sample->snapshot.processes.size();
    sample->liveLabelCount = sample->snapshot.labels.size();
    sample->rates.assign(sample->liveCount, {});
    if (m_refreshed == nullptr)
        m_newsFrom = sample->nowMs() + newsAfterMs;
    compare(*sample, m_refreshed.get(), kind, m_newsFrom);
    sample->suspendedCount = 0;
    for (std::size_t index = 0; index < sample->liveCount; ++index)
        sample->suspendedCount += sample->isSuspended(index) ? 1 : 0;
    m_last = std::move(sample);
    if (!kind.isUpdate || m_refreshed == nullptr)
        m_refreshed = m_last;
}

ProcessFramePtr ProcessFrameBuilder::frame(const ProcessQuery& query) {
    auto frame = m_frames.take();
    frame->sample = m_last;
    frame->query = query;
    selectRows(query);
    if (processColumn(query.sortColumn).sortText != nullptr)
        setTextKeys(query);
    else
        setNumberKeys(query);
    if (query.order == Qt::DescendingOrder)
        for (auto& entry : m_entries)
            entry.key = ~entry.key;
    std::sort(m_entries.begin(), m_entries.end());

    frame->order.resize(m_entries.size());
    frame->positions.assign(m_last->size(), ProcessFrame::hidden);
    frame->shownLive = 0;
    for (std::size_t row = 0; row < m_entries.size(); ++row) {
        const auto index = m_entries[row].index;
        frame->order[row] = index;
        frame->positions[index] = static_cast<std::uint32_t>(row);
        frame->shownLive += m_last->isLive(index) ? 1 : 0;
    }
    return frame;
}

void ProcessFrameBuilder::selectRows(const ProcessQuery& query) {
    ProcessFilter filter{query};
    m_entries.clear();
    m_entries.reserve(m_last->size());
    for (std::size_t index = 0; index < m_last->size(); ++index)
        if (filter.matches(*m_last, index))
            m_entries.push_back({0, static_cast<std::uint32_t>(index)});
}

void ProcessFrameBuilder::setNumberKeys(const ProcessQuery& query) {
    const auto number = processColumn(query.sortColumn).number;
    for (auto& entry : m_entries)
        entry.key = number(*m_last, entry.index, query);
}

// Rows share their texts (names are interned), so the texts are sorted once and a row's key is the rank of its text.
void ProcessFrameBuilder::setTextKeys(const ProcessQuery& query) {
    const auto sortText = processColumn(query.sortColumn).sortText;
    std::vector<std::string_view> texts;
    std::unordered_map<const char*, std::uint64_t> ranks;
    for (const auto& entry : m_entries)
        if (const auto text = sortText(*m_last, entry.index); ranks.try_emplace(text.data(), 0).second)
            texts.push_back(text);
    std::sort(texts.begin(), texts.end());
    std::uint64_t rank = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        rank += i > 0 && texts[i] != texts[i - 1] ? 1 : 0;
        ranks[texts[i].data()] = rank;
    }
    for (auto& entry : m_entries)
        entry.key = ranks[sortText(*m_last, entry.index).data()];
}

} // namespace fiberscope::widgets
