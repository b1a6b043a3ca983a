// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sampler.hpp"

#include "model/sampler_worker.hpp"

#include <fiberscope/node.hpp>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

namespace {

/// At least so many events are kept during a pause; older batches are given up and counted.
constexpr std::size_t heldEvents = 16'384;

} // namespace

Sampler::Sampler(fiberscope::Node& node, QObject* parent)
    : QObject{parent}, m_node{new fiberscope::Node(node.share())},
      m_settings{std::make_unique<Settings>()}, m_worker{std::make_unique<Worker>(*this, *m_settings)} {}

Sampler::~Sampler() = default;

fiberscope::Node& Sampler::node() const noexcept {
    return *m_node;
}

void Sampler::setLoadInterval(std::chrono::milliseconds interval) {
    using namespace std::chrono_literals;
    m_settings->loadInterval = std::clamp(interval, 100ms, 10'000ms);
    apply();
}

std::chrono::milliseconds Sampler::loadInterval() const {
    return m_settings->loadInterval;
}

void Sampler::setRefreshInterval(std::chrono::milliseconds interval) {
    m_settings->refreshInterval = interval;
    apply();
}

std::chrono::milliseconds Sampler::refreshInterval() const {
    return m_settings->refreshInterval;
}

void Sampler::setPaused(bool paused) {
    if (m_settings->paused == paused)
        return;
    m_settings->paused = paused;
    apply();
    if (!paused)
        releaseHeld();
    emit pausedChanged(paused);
}

bool Sampler::isPaused() const {
    return m_settings->paused;
}

void Sampler::setProcessesWanted(bool wanted) {
    m_settings->processesWanted = wanted;
    apply();
}

void Sampler::setSeen(bool seen) {
    m_settings->isSeen = seen;
    apply();
}

void Sampler::setProcessQuery(const ProcessQuery& query) {
    m_settings->query = query;
    apply();
}

void Sampler::lookUp(const QList<fiberscope::Pid>& pids, QObject* context, ProcessDetailsHandler handler) {
    if (m_worker != nullptr)
        m_worker->lookUp(pids, context, std::move(handler));
}

void Sampler::stop() {
    m_worker.reset();
}

void Sampler::refreshNow() {
    if (m_worker != nullptr)
        m_worker->refreshNow();
    emit refreshAsked();
}

void Sampler::updateNow() {
    if (m_worker != nullptr)
        m_worker->updateNow();
    emit refreshAsked();
}

void Sampler::apply() {
    if (m_worker != nullptr)
        m_worker->setSettings(*m_settings);
}

void Sampler::takeEvents(const EventsSample& batch) {
    emit eventsPolled(batch);
    if (!m_settings->paused) {
        emit eventsArrived(batch);
        return;
    }
    hold(batch);
}

void Sampler::hold(const EventsSample& batch) {
    m_held.push_back(batch);
    m_heldCount += batch->events.size();
    while (m_heldCount - m_held.front()->events.size() >= heldEvents) {
        m_heldCount -= m_held.front()->events.size();
        m_heldLost += m_held.front()->events.size() + m_held.front()->lost;
        m_held.pop_front();
    }
}

void Sampler::releaseHeld() {
    if (m_heldLost > 0) {
        const auto loss = std::make_shared<fiberscope::EventBatch>();
        loss->lost = std::exchange(m_heldLost, 0);
        emit eventsArrived(loss);
    }
    m_heldCount = 0;
    for (const auto& batch : std::exchange(m_held, {}))
        emit eventsArrived(batch);
}

} // namespace fiberscope::widgets
