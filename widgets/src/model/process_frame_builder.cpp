// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/process_frame_builder.hpp"

#include "model/process_columns.hpp"
#include "model/process_filter.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace fiberscope::widgets {

namespace {

/// What changed in a process from `before` to `after`, `interval` nanoseconds later.
ProcessRates ratesBetween(const ProcessRow& before, const ProcessRow& after, std::uint64_t interval) {
    ProcessRates rates;
    rates.reductions = after.reductions - std::min(before.reductions, after.reductions);
    const auto cpu = after.cpu_ns - std::min(before.cpu_ns, after.cpu_ns);
    if (interval > 0)
        rates.cpuPercent = static_cast<float>(100.0 * static_cast<double>(cpu) / static_cast<double>(interval));
    return rates;
}

/// A process that the sample before did not have. `everyoneIsNew`: there was no sample before.
ProcessRates ratesOfStarted(const ProcessRow& row, std::uint64_t interval, bool everyoneIsNew) {
    auto rates = ratesBetween({}, row, interval);
    rates.mark = everyoneIsNew ? RowMark::none : RowMark::started;
    return rates;
}

void appendEnded(ProcessSample& sample, const ProcessSample& previous, std::size_t index) {
    const auto& row = previous.row(index);
    sample.snapshot.processes.push_back(row);
    sample.rates.push_back(previous.rates[index]);
    sample.rates.back().mark = RowMark::ended;
    if (row.has_label())
        sample.snapshot.labels.push_back({row.pid, std::string{previous.label(index)}});
}

/// Both samples rise by slot, so one walk through them finds who stayed, who came and who went.
void compare(ProcessSample& sample, const ProcessSample* previous) {
    const std::size_t oldCount = previous != nullptr ? previous->liveCount : 0;
    const auto before = previous != nullptr ? previous->snapshot.node.uptime_ns : 0;
    const auto interval = sample.snapshot.node.uptime_ns - std::min(before, sample.snapshot.node.uptime_ns);
    std::size_t old = 0;
    for (std::size_t index = 0; index < sample.liveCount; ++index) {
        const auto pid = sample.row(index).pid;
        while (old < oldCount && previous->row(old).pid.slot() < pid.slot())
            appendEnded(sample, *previous, old++);
        const bool sameSlot = old < oldCount && previous->row(old).pid.slot() == pid.slot();
        if (sameSlot && previous->row(old).pid == pid) {
            sample.rates[index] = ratesBetween(previous->row(old++), sample.row(index), interval);
            continue;
        }
        if (sameSlot)
            appendEnded(sample, *previous, old++);
        sample.rates[index] = ratesOfStarted(sample.row(index), interval, previous == nullptr);
    }
    while (old < oldCount)
        appendEnded(sample, *previous, old++);
}

} // namespace

std::shared_ptr<ProcessSample> ProcessFrameBuilder::newSample() {
    return m_samples.take();
}

void ProcessFrameBuilder::add(std::shared_ptr<ProcessSample> sample) {
    sample->liveCount = sample->snapshot.processes.size();
    sample->liveLabelCount = sample->snapshot.labels.size();
    sample->rates.assign(sample->liveCount, {});
    compare(*sample, m_last.get());
    m_last = std::move(sample);
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
