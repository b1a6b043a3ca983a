// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/supervision_collector.hpp"

#include "model/freed_elsewhere.hpp"
#include "model/supervision_node.hpp"

#include <fiberscope/node.hpp>

#include <QThreadPool>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

namespace {

using namespace std::chrono_literals;

constexpr auto soonest = 30ms;
constexpr auto publishDelay = 60ms;
/// A round takes at most a tenth of the time, so that a tree of a hundred thousand children does not keep its supervisor busy.
constexpr int restFactor = 10;
constexpr qint64 unansweredMs = 1500;
/// Of a bigger family only the first are named; the others go by their child id.
constexpr std::size_t namedChildren = 256;
constexpr std::size_t lookedUpAtOnce = 4096;
constexpr int askedAtOnce = 128;
/// From so many on, a family is freed elsewhere.
constexpr std::size_t manyChildren = 1000;

using SupervisorInfoPtr = std::shared_ptr<const fiberscope::SupervisorInfo>;

bool isSame(const fiberscope::SupervisorInfo& left, const fiberscope::SupervisorInfo& right) {
    return left.strategy == right.strategy && left.intensity == right.intensity && left.period_s == right.period_s &&
           left.restarts_in_period == right.restarts_in_period && left.restarts == right.restarts &&
           std::equal(left.children.begin(), left.children.end(), right.children.begin(), right.children.end(), sameChild);
}

bool changesTrees(const fiberscope::Event& event) {
    switch (event.kind) {
    case fiberscope::EventKind::exit: return !event.reason.is_clean();
    case fiberscope::EventKind::log: return false;
    default: return true;
    }
}

} // namespace

/// On a thread of the runtime or of the pool.
SupervisionCollector::Answer SupervisionCollector::read(fiberscope::Inspection& inspection, const SupervisorInfoPtr& before) {
    Answer answer{inspection.pid, {}, {}};
    if (!inspection.alive || !inspection.is_supervisor)
        return answer;
    for (const auto& child : inspection.supervisor.children)
        if (child.pid && child.type == fiberscope::ChildType::supervisor)
            answer.below.push_back(child.pid);
    if (before != nullptr && isSame(*before, inspection.supervisor)) {
        answer.info = before;
        return answer;
    }
    const bool isBig = inspection.supervisor.children.size() >= manyChildren;
    answer.info = isBig ? freedElsewhere(std::move(inspection.supervisor))
                        : std::make_shared<const fiberscope::SupervisorInfo>(std::move(inspection.supervisor));
    return answer;
}

SupervisionCollector::SupervisionCollector(Sampler& sampler, QObject* parent) : QObject{parent}, m_sampler{sampler} {
    for (QTimer* timer : {&m_roundTimer, &m_soonTimer, &m_publishTimer, &m_askTimer})
        timer->setSingleShot(true);
    connect(&m_roundTimer, &QTimer::timeout, this, [this] {
        if (m_sampler.isPaused())
            scheduleRound();
        else
            collectNow();
    });
    connect(&m_soonTimer, &QTimer::timeout, this, &SupervisionCollector::collectNow);
    connect(&m_askTimer, &QTimer::timeout, this, &SupervisionCollector::askWaiting);
    connect(&m_publishTimer, &QTimer::timeout, this, &SupervisionCollector::publish);
    connect(&sampler, &Sampler::eventsArrived, this, &SupervisionCollector::takeEvents);
    connect(&sampler, &Sampler::refreshAsked, this, [this] {
        if (m_isWanted)
            collectNow();
    });
}

void SupervisionCollector::setWanted(bool wanted) {
    m_isWanted = wanted;
    if (wanted) {
        collectNow();
    } else {
        m_roundTimer.stop();
        m_soonTimer.stop();
    }
}

void SupervisionCollector::takeEvents(const EventsSample& batch) {
    if (!m_isWanted || m_soonTimer.isActive())
        return;
    if (std::any_of(batch->events.begin(), batch->events.end(), changesTrees))
        m_soonTimer.start(std::max<std::chrono::milliseconds>(soonest, std::chrono::milliseconds{m_lastRoundMs * restFactor}));
}

void SupervisionCollector::collectNow() {
    scheduleRound();
    if (m_sampler.node().is_stopped())
        return;
    m_round.start();
    m_applications = m_sampler.node().applications();
    for (const auto& application : m_applications)
        ask(application.supervisor);
    m_publishTimer.start(m_pending.empty() ? std::chrono::milliseconds{0} : publishDelay);
}

void SupervisionCollector::scheduleRound() {
    if (!m_isWanted || m_sampler.refreshInterval() <= 0ms)
        return;
    m_roundTimer.start(std::max(m_sampler.refreshInterval(), std::chrono::milliseconds{m_lastRoundMs * restFactor}));
}

void SupervisionCollector::ask(fiberscope::Pid supervisor) {
    const auto [pending, isNew] = m_pending.try_emplace(supervisor);
    if (!isNew)
        return;
    pending->second.start();
    m_toAsk.push_back(supervisor);
    if (!m_askTimer.isActive())
        m_askTimer.start(0ms);
}

/// A few at a time: there may be ten thousand.
void SupervisionCollector::askWaiting() {
    for (int i = 0; i < askedAtOnce && !m_toAsk.empty(); ++i) {
        const auto supervisor = m_toAsk.front();
        m_toAsk.pop_front();
        const auto known = m_supervisors.find(supervisor);
        const auto before = known == m_supervisors.end() ? nullptr : known->second;
        m_sampler.node().inspect({supervisor}, fiberscope::Inspect::children, {},
                                 [this, address = m_relay.address(), before](std::vector<fiberscope::Inspection> answers) {
                                     for (auto& inspection : answers) {
                                         auto held = std::make_shared<fiberscope::Inspection>(std::move(inspection));
                                         QThreadPool::globalInstance()->start([this, address, before, held] {
                                             address.post([this, answer = read(*held, before)] { take(answer); });
                                         });
                                     }
                                 });
    }
    if (!m_toAsk.empty())
        m_askTimer.start(0ms);
}

void SupervisionCollector::take(const Answer& answer) {
    m_pending.erase(answer.pid);
    m_lastRoundMs = m_round.elapsed();
    if (answer.info != nullptr) {
        for (const auto pid : answer.below)
            ask(pid);
        auto& known = m_supervisors[answer.pid];
        if (std::exchange(known, answer.info) != answer.info) {
            m_below[answer.pid] = answer.below;
            noteNamelessOf(*answer.info);
        }
    } else {
        m_supervisors.erase(answer.pid);
        m_below.erase(answer.pid);
    }
    if (m_pending.empty())
        publish();
    else if (!m_publishTimer.isActive())
        m_publishTimer.start(publishDelay);
}

void SupervisionCollector::publish() {
    m_publishTimer.stop();
    for (const auto& application : m_applications)
        noteNameless(application.supervisor);
    sweep();
    auto frame = std::make_shared<SupervisionFrame>();
    frame->applications = m_applications;
    frame->supervisors = m_supervisors;
    frame->names = m_names;
    for (const auto& [pid, since] : m_pending)
        if (since.elapsed() > unansweredMs)
            frame->unanswered.insert(pid);
    emit frameReady(std::move(frame));
    learnNames();
}

void SupervisionCollector::sweep() {
    decltype(m_supervisors) reached;
    std::vector<fiberscope::Pid> open;
    for (const auto& application : m_applications)
        open.push_back(application.supervisor);
    while (!open.empty()) {
        const auto found = m_supervisors.find(open.back());
        open.pop_back();
        if (found == m_supervisors.end() || !reached.insert(*found).second)
            continue;
        const auto& supervisors = m_below[found->first];
        open.insert(open.end(), supervisors.begin(), supervisors.end());
    }
    if (reached.size() == m_supervisors.size())
        return;
    m_supervisors = std::move(reached);
    std::erase_if(m_below, [&](const auto& entry) { return !m_supervisors.contains(entry.first); });
}

void SupervisionCollector::noteNameless(fiberscope::Pid pid) {
    if (pid && !m_names->contains(pid))
        m_nameless.push_back(pid);
}

void SupervisionCollector::noteNamelessOf(const fiberscope::SupervisorInfo& family) {
    for (std::size_t i = 0; i < std::min(family.children.size(), namedChildren); ++i)
        noteNameless(family.children[i].pid);
}

/// A part at a time: there may be a hundred thousand.
void SupervisionCollector::learnNames() {
    std::erase_if(m_nameless, [this](fiberscope::Pid pid) { return m_names->contains(pid); });
    if (m_isLearning || m_nameless.empty())
        return;
    m_isLearning = true;
    const auto part = m_nameless.begin() + static_cast<std::ptrdiff_t>(std::min(m_nameless.size(), lookedUpAtOnce));
    const QList<fiberscope::Pid> pids(m_nameless.begin(), part);
    m_nameless.erase(m_nameless.begin(), part);
    m_sampler.lookUp(pids, this, [this](const QList<ProcessDetails>& processes) {
        m_isLearning = false;
        auto names = std::make_shared<SupervisionNames>(*m_names);
        for (const ProcessDetails& process : processes) {
            const bool hasName = process.alive && (process.row.registered_name != 0 || !process.label.isEmpty());
            (*names)[process.pid] = hasName ? process.name : QString{};
        }
        m_names = std::move(names);
        forgetNames();
        publish();
    });
}

/// Processes come and go, and most names are of those that have gone once there are so many.
void SupervisionCollector::forgetNames() {
    if (static_cast<std::size_t>(m_names->size()) < m_namesLimit)
        return;
    auto kept = std::make_shared<SupervisionNames>();
    const auto keep = [&](fiberscope::Pid pid) {
        if (const auto known = m_names->constFind(pid); known != m_names->constEnd())
            kept->insert(pid, *known);
    };
    for (const auto& application : m_applications)
        keep(application.supervisor);
    for (const auto& [pid, family] : m_supervisors)
        for (std::size_t i = 0; i < std::min(family->children.size(), namedChildren); ++i)
            keep(family->children[i].pid);
    m_names = std::move(kept);
    m_namesLimit = 2 * static_cast<std::size_t>(m_names->size()) + fewNames;
}

} // namespace fiberscope::widgets
