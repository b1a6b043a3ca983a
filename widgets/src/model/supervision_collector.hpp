// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/gui_relay.hpp"
#include "model/sampler.hpp"
#include "model/supervision_frame.hpp"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <deque>
#include <unordered_map>

namespace fiberscope::widgets {

/// Walks the supervision trees while somebody shows them: asks each supervisor for its children, level by level, each
/// by itself, so that one that is busy delays nobody. A round starts at the refresh interval, and at once when an event
/// tells of a restart, a crash or an application; big trees are asked less often. Never waits. What a supervisor says again
/// is the same object in the next frame.
/// **Thread:** GUI thread. Answers come on runtime threads; what grows with the children of one supervisor, reading an
/// answer and freeing an old one, is done in the global thread pool.
class SupervisionCollector : public QObject {
    Q_OBJECT

public:
    explicit SupervisionCollector(Sampler& sampler, QObject* parent = nullptr);

    void setWanted(bool wanted);
    /// Starts a round now.
    void collectNow();

signals:
    void frameReady(fiberscope::widgets::SupervisionFramePtr frame);

private:
    /// What one supervisor said.
    struct Answer {
        fiberscope::Pid pid;
        std::shared_ptr<const fiberscope::SupervisorInfo> info; ///< nullptr: it is gone, or no supervisor
        std::vector<fiberscope::Pid> below;                     ///< those of its children that are supervisors
    };

    /// `before`: what it said last, which stays the same object where it says the same. **Thread:** any.
    static Answer read(fiberscope::Inspection& inspection, const std::shared_ptr<const fiberscope::SupervisorInfo>& before);
    void takeEvents(const EventsSample& batch);
    void ask(fiberscope::Pid supervisor);
    void askWaiting();
    void take(const Answer& answer);
    void publish();
    /// Drops what no tree reaches any more.
    void sweep();
    void noteNameless(fiberscope::Pid pid);
    void noteNamelessOf(const fiberscope::SupervisorInfo& family);
    void learnNames();
    void forgetNames();
    void scheduleRound();

    Sampler& m_sampler;
    bool m_isWanted = false;
    QTimer m_roundTimer;
    QTimer m_soonTimer;
    QTimer m_publishTimer;
    QElapsedTimer m_round;    ///< since the start of the round
    qint64 m_lastRoundMs = 0; ///< how long the last one took, until its last answer
    std::vector<fiberscope::ApplicationInfo> m_applications;
    std::unordered_map<fiberscope::Pid, std::shared_ptr<const fiberscope::SupervisorInfo>> m_supervisors;
    std::unordered_map<fiberscope::Pid, std::vector<fiberscope::Pid>> m_below; ///< of each supervisor: those among its children
    std::shared_ptr<SupervisionNames> m_names = std::make_shared<SupervisionNames>(); ///< never changed once a frame has it
    std::unordered_map<fiberscope::Pid, QElapsedTimer> m_pending;                     ///< to be asked or asked, not answered
    static constexpr std::size_t fewNames = 10'000;
    std::size_t m_namesLimit = fewNames; ///< from so many on, those that nobody has are forgotten
    std::deque<fiberscope::Pid> m_toAsk;
    QTimer m_askTimer;
    std::deque<fiberscope::Pid> m_nameless; ///< their names are to be looked up
    bool m_isLearning = false;
    GuiRelay m_relay{this}; ///< last: goes first, so that no answer meets a half-destroyed collector
};

} // namespace fiberscope::widgets
