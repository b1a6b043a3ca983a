// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/process_frame.hpp"

#include <fiberscope/events.hpp>
#include <fiberscope/snapshot.hpp>

#include <QList>
#include <QObject>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

namespace FIBERSCOPE_API fiberscope {
class Node;
}

namespace fiberscope::widgets {

/// Node and scheduler figures at one moment; `processes` stays empty. `processes_bytes` and `allocated_by_processes_bytes`
/// are counted anew for each sample, with many processes as often as costs at most a twentieth of the sampler's time; they are 0
/// while nobody can see them.
using LoadSample = std::shared_ptr<const fiberscope::Snapshot>;
using EventsSample = std::shared_ptr<const fiberscope::EventBatch>;

/// One process at the moment of a look-up.
struct ProcessDetails {
    fiberscope::Pid pid;
    bool alive = false; ///< false: nothing else is set
    fiberscope::ProcessRow row;
    fiberscope::Snapshot::PreemptionCounts preemption;
    QString name; ///< registered name, else label, else initial function
    QString label;
    std::uint64_t nowMs = 0; ///< since the start of the Node
};
using ProcessDetailsHandler = std::function<void(const QList<ProcessDetails>&)>;

/// Reads the Node on a thread of its own, so that the GUI thread never does work that grows with the number of
/// processes: sorting, filtering and comparing happen here; the GUI gets immutable frames by queued signals.
/// Refreshes asked for while one runs become one.
/// **Thread:** GUI thread; the signals arrive there.
/// **Lifetime:** its destructor joins the thread. It has a handle of its own to the runtime; if the Node ends first, it sees a
/// Node that has stopped.
class Sampler : public QObject {
    Q_OBJECT

public:
    explicit Sampler(fiberscope::Node& node, QObject* parent = nullptr);
    ~Sampler() override;

    fiberscope::Node& node() const noexcept;

    /// How often `loadSampled` comes, 100 to 10,000 ms; default 500. It comes whichever tab is shown.
    void setLoadInterval(std::chrono::milliseconds interval);
    std::chrono::milliseconds loadInterval() const;
    /// How often `processesSampled` comes; default 1 s; 0: only by refreshNow().
    void setRefreshInterval(std::chrono::milliseconds interval);
    std::chrono::milliseconds refreshInterval() const;
    /// Nothing is sampled while paused, but by refreshNow(). Events are gathered and come when it goes on.
    void setPaused(bool paused);
    bool isPaused() const;
    /// Process frames are taken only while somebody shows them.
    void setProcessesWanted(bool wanted);
    /// Whether anybody can see what is sampled; default true. While not, the memory of all processes is not counted.
    void setSeen(bool seen);
    /// What the process table shows: takes effect at once with the rows of the last sample.
    void setProcessQuery(const ProcessQuery& query);
    /// Reads some processes, whether or not frames are wanted: `handler` gets one entry a pid, in their order, on the
    /// GUI thread, unless `context` is destroyed before. **Cost:** a snapshot, unless a frame is fresh.
    void lookUp(const QList<fiberscope::Pid>& pids, QObject* context, ProcessDetailsHandler handler);
    /// Stops sampling for good: joins the thread. What has been sampled stays.
    void stop();

public slots:
    /// A refresh at once: it ends the interval that figures such as reductions are of.
    void refreshNow();
    /// Shows at once what a command changed, within the interval: those figures stay as they are.
    void updateNow();

signals:
    void loadSampled(fiberscope::widgets::LoadSample sample);
    void eventsArrived(fiberscope::widgets::EventsSample batch);
    /// The same events without regard to pause: for what answers to a deed of the user.
    void eventsPolled(fiberscope::widgets::EventsSample batch);
    void processesSampled(fiberscope::widgets::ProcessFramePtr frame);
    void pausedChanged(bool paused);
    /// refreshNow() or updateNow() was called: for those who read the node by themselves.
    void refreshAsked();

private:
    class Worker;
    struct Settings;

    void apply();
    void takeEvents(const EventsSample& batch);
    void hold(const EventsSample& batch);
    void releaseHeld();

    const std::unique_ptr<fiberscope::Node> m_node; ///< shares the runtime of the Node that it was given
    std::unique_ptr<Settings> m_settings;
    std::deque<EventsSample> m_held; ///< events gathered while paused
    std::size_t m_heldCount = 0;     ///< of events in m_held
    std::uint64_t m_heldLost = 0;    ///< events of batches that were given up
    std::unique_ptr<Worker> m_worker;
};

} // namespace fiberscope::widgets
