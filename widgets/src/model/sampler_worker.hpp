// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/process_frame_builder.hpp"
#include "model/sampler.hpp"

#include <QPointer>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace fiberscope::widgets {

/// What the GUI asks of the sampler.
struct Sampler::Settings {
    std::chrono::milliseconds loadInterval{500};
    std::chrono::milliseconds refreshInterval{1000};
    bool paused = false;
    bool processesWanted = false;
    bool isSeen = true;
    ProcessQuery query;
};

/// The sampler's thread. It sleeps until something is due or asked for.
/// Signals of the Sampler are raised on the GUI thread, by calls queued to it; at most one frame and one batch of events wait
/// there. While one does, further events stay in the node's ring, which counts what it loses.
class Sampler::Worker {
public:
    Worker(Sampler& sampler, const Settings& settings);

    // -- GUI thread ----
    void setSettings(const Settings& settings);
    void refreshNow();
    void updateNow();
    void lookUp(const QList<fiberscope::Pid>& pids, QObject* context, ProcessDetailsHandler handler);

private:
    using Clock = std::chrono::steady_clock;

    struct LookUp {
        QList<fiberscope::Pid> pids;
        QPointer<QObject> context; ///< touched on the GUI thread only
        ProcessDetailsHandler handler;
    };
    /// The frame that was posted to the GUI and not taken yet. Outlives the worker: the queued call holds it.
    struct FrameSlot {
        std::mutex mutex; ///< protects `frame`
        ProcessFramePtr frame;
    };
    /// What there is to do now.
    struct Orders {
        Settings settings;
        bool requery = false;
        bool refresh = false;
        bool update = false;
        std::deque<LookUp> lookUps;
    };

    // -- worker thread ----
    void run(const std::stop_token& stop);
    Orders waitForOrders(const std::stop_token& stop);
    /// **Pre-condition:** m_mutex is held.
    bool isAskedForSomething() const noexcept { return m_requery || m_refresh || m_update || !m_lookUps.empty(); }
    Clock::time_point nextDue(const Settings& settings) const;
    void sampleLoad(const Orders& orders);
    /// Memory of all processes, from a sample of them: counters do not carry it. 0 while nobody can see it.
    void countMemory(bool isSeen, fiberscope::NodeRow& node);
    void pollEvents();
    void sampleProcesses(const Orders& orders);
    /// What to sample now, if anything.
    std::optional<SampleKind> wantedSample(const Orders& orders) const;
    bool isRefreshDue(const Settings& settings) const;
    void takeProcesses(const SampleKind& kind);
    void answer(LookUp lookUp);
    ProcessSamplePtr freshSample(Clock::duration maxAge);
    void post(ProcessFramePtr frame);

    Sampler& m_sampler;
    fiberscope::Node& m_node;
    RecyclePool<fiberscope::Snapshot> m_loads{8};
    ProcessFrameBuilder m_builder;
    ProcessSamplePtr m_lookUpSample; ///< for look-ups while nobody wants frames
    Clock::time_point m_lookUpAt;    ///< when m_lookUpSample was taken
    Clock::duration m_sampleCost{};  ///< what the last sample for a look-up or for the memory took
    Clock::time_point m_sampleAt;    ///< when the last frame's sample was taken
    Clock::time_point m_refreshAt;   ///< when that of the last refresh was
    Clock::time_point m_loadDue, m_eventsDue;
    std::shared_ptr<FrameSlot> m_slot = std::make_shared<FrameSlot>();
    /// A batch of events waits for the GUI. Set here, reset by the queued call.
    std::shared_ptr<std::atomic<bool>> m_hasEventsWaiting = std::make_shared<std::atomic<bool>>(false);
    std::uint64_t m_eventSeq = 0;

    std::mutex m_mutex; ///< protects the members below; held for copies only, so the GUI thread never waits
    std::condition_variable_any m_wake;
    Settings m_settings;
    bool m_requery = false;
    bool m_refresh = false;
    bool m_update = false;
    std::deque<LookUp> m_lookUps;

    std::jthread m_thread; ///< last: it ends before what it uses
};

} // namespace fiberscope::widgets
