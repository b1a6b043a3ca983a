// SPDX-License-Identifier: BSL-1.0
/// What a refresh of the process table costs: on the GUI thread (model and view, a window of 50 rows shown, 100 rows
/// selected) and on the sampler's thread (compare, filter, sort). Between two refreshes 30 % of the processes work and
/// 1 % are replaced. One line a size: medians of 15 refreshes, worst in brackets.
#include "model/process_frame_builder.hpp"
#include "model/process_model.hpp"
#include "view/process_table_view.hpp"

#include <fiberscope/term.hpp>

#include <QApplication>
#include <QScrollBar>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>{Clock::now() - start}.count();
}

struct Times {
    std::vector<double> values;
    double median() {
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    }
    double worst() const { return *std::max_element(values.begin(), values.end()); }
};

class Processes {
public:
    explicit Processes(std::uint32_t count) : m_rows(count) {
        for (std::uint32_t slot = 0; slot < count; ++slot)
            start(slot);
    }
    void work() {
        m_uptimeNs += 1'000'000'000;
        for (std::uint32_t slot = 0; slot < m_rows.size(); ++slot)
            if (const auto dice = m_random() % 100; dice == 0)
                start(slot);
            else if (dice <= 30)
                m_rows[slot].reductions += m_random() % 100'000;
    }
    void snapshot(Snapshot& into) const {
        into.node.uptime_ns = m_uptimeNs;
        into.processes = m_rows;
    }

private:
    void start(std::uint32_t slot) {
        auto& row = m_rows[slot];
        row = {};
        row.pid = Pid{1, slot, m_serial++};
        row.initial_function = m_functions[slot % m_functions.size()];
        row.current_function = m_functions[(slot + 1) % m_functions.size()];
        row.reductions = m_random() % 100'000;
    }

    std::array<std::uint32_t, 3> m_functions{Atom{"shop::client/1"}.id(), Atom{"shop::clerk/2"}.id(), Atom{"receive"}.id()};
    std::vector<ProcessRow> m_rows;
    std::mt19937 m_random{1};
    std::uint32_t m_serial = 0;
    std::uint64_t m_uptimeNs = 0;
};

void selectHundred(ProcessTableView& view) {
    QItemSelection selection;
    for (int row = 0; row < 100; ++row)
        selection.select(view.model()->index(row * 7, 0), view.model()->index(row * 7, processColumnCount - 1));
    view.selectionModel()->select(selection, QItemSelectionModel::Select);
}

void measure(std::uint32_t count) {
    Processes processes{count};
    ProcessFrameBuilder builder;
    ProcessModel model;
    ProcessTableView view;
    view.setModel(&model);
    view.resize(1000, 1000);
    view.show();
    Times gui, sampler;
    for (int refresh = -2; refresh < 15; ++refresh) {
        processes.work();
        auto sample = builder.newSample();
        processes.snapshot(sample->snapshot);
        const auto sampling = Clock::now();
        builder.add(std::move(sample), {});
        auto frame = builder.frame({});
        const auto showing = Clock::now();
        model.setFrame(std::move(frame));
        QApplication::processEvents();
        if (refresh == -2)
            selectHundred(view);
        if (refresh < 0)
            continue;
        gui.values.push_back(millisecondsSince(showing));
        sampler.values.push_back(std::chrono::duration<double, std::milli>{showing - sampling}.count());
    }
    const auto scrolling = Clock::now();
    view.verticalScrollBar()->setValue(view.verticalScrollBar()->maximum() / 2);
    QApplication::processEvents();
    std::printf("process_model %u rows: GUI %.1f ms (%.1f)  sampler %.1f ms (%.1f)  scroll %.1f ms\n", count, gui.median(),
                gui.worst(), sampler.median(), sampler.worst(), millisecondsSince(scrolling));
}

} // namespace

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application{argc, argv};
    for (const std::uint32_t count : {10'000U, 100'000U, 1'000'000U})
        measure(count);
}
