// SPDX-License-Identifier: GPL-3.0-or-later
/// Hand-made snapshots for tests of the process table.
#pragma once

#include "model/process_frame_builder.hpp"

#include <fiberscope/snapshot.hpp>
#include <fiberscope/term.hpp>

#include <map>
#include <random>
#include <string>

namespace fiberscope::widgets::test {

inline std::uint32_t nameId(const std::string& name) {
    return fiberscope::Atom{name}.id();
}

/// A population of processes by slot, of which snapshots are taken.
class Population {
public:
    ProcessRow& start(std::uint32_t slot, const std::string& name = {}, const std::string& label = {}) {
        auto& row = m_rows[slot];
        row = ProcessRow{};
        row.pid = Pid{1, slot, m_serial++};
        row.registered_name = name.empty() ? 0 : nameId(name);
        row.initial_function = nameId("shop::client/1");
        row.current_function = nameId("receive");
        row.started_ms = m_uptimeMs;
        row.status = Status::waiting;
        row.scheduler = 1;
        m_labels.erase(slot);
        if (!label.empty()) {
            row.flags |= ProcessRow::label_flag;
            m_labels[slot] = label;
        }
        return row;
    }
    void end(std::uint32_t slot) { m_rows.erase(slot); }
    ProcessRow& operator[](std::uint32_t slot) { return m_rows.at(slot); }
    bool has(std::uint32_t slot) const { return m_rows.contains(slot); }
    std::size_t size() const { return m_rows.size(); }
    Pid pid(std::uint32_t slot) const { return m_rows.at(slot).pid; }
    void pass(std::uint64_t milliseconds) { m_uptimeMs += milliseconds; }

    void snapshot(Snapshot& into) const {
        into.node.uptime_ns = m_uptimeMs * 1'000'000;
        into.node.process_count = static_cast<std::uint32_t>(m_rows.size());
        into.processes.clear();
        into.labels.clear();
        for (const auto& [slot, row] : m_rows) {
            into.processes.push_back(row);
            if (row.has_label())
                into.labels.push_back({row.pid, m_labels.at(slot)});
        }
    }
    /// One refresh: sample, compare, filter, sort.
    ProcessFramePtr frame(ProcessFrameBuilder& builder, const ProcessQuery& query, const SampleKind& kind = {}) const {
        auto sample = builder.newSample();
        snapshot(sample->snapshot);
        builder.add(std::move(sample), kind);
        return builder.frame(query);
    }

private:
    std::map<std::uint32_t, ProcessRow> m_rows;
    std::map<std::uint32_t, std::string> m_labels;
    std::uint32_t m_serial = 0;
    std::uint64_t m_uptimeMs = 1000;
};

/// Work for a third of the processes; one in a hundred ends, as many start; the rest stays as it was.
inline void churn(Population& population, std::mt19937& random, std::uint32_t count) {
    population.pass(1000);
    for (std::uint32_t slot = 1; slot <= count; ++slot) {
        const auto dice = random() % 300;
        if (!population.has(slot)) {
            if (dice < 100)
                population.start(slot);
        } else if (dice < 3) {
            population.end(slot);
            if (dice == 0)
                population.start(slot); // the slot's next process
        } else if (dice < 100) {
            population[slot].reductions += random() % 10'000;
            population[slot].cpu_ns += random() % 1'000'000;
        }
    }
}

} // namespace fiberscope::widgets::test
