// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sampler_worker.hpp"

#include "model/freed_elsewhere.hpp"
#include "model/text_format.hpp"

#include <fiberscope/node.hpp>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

using namespace std::chrono_literals;

namespace {

constexpr auto eventInterval = 100ms;
/// After a batch of this size the next one is fetched sooner, before the ring overflows.
constexpr std::size_t manyEvents = 1000;
constexpr auto hastyInterval = 10ms;
/// A look-up is content with a sample of this age.
constexpr auto freshAge = 200ms;
/// A sample of all processes that only their memory is wanted of is taken again after so many times its cost.
constexpr int bytesRest = 20;

ProcessDetails detailsOf(const ProcessSample& sample, fiberscope::Pid pid) {
    ProcessDetails details;
    details.pid = pid;
    const auto index = sample.find(pid);
    if (!index || !sample.isLive(*index))
        return details;
    details.alive = true;
    details.row = sample.row(*index);
    details.preemption = sample.snapshot.preemption(pid);
    details.name = toQString(sample.name(*index));
    details.label = toQString(sample.label(*index));
    details.nowMs = sample.nowMs();
    return details;
}

QList<ProcessDetails> detailsOf(const ProcessSample& sample, const QList<fiberscope::Pid>& pids) {
    QList<ProcessDetails> found;
    found.reserve(pids.size());
    for (const auto pid : pids)
        found.push_back(detailsOf(sample, pid));
    return found;
}

} // namespace

Sampler::Worker::Worker(Sampler& sampler, const Settings& settings)
    : m_sampler{sampler}, m_node{sampler.node()}, m_settings{settings}, m_thread{
                                                                            [this](const std::stop_token& stop) { run(stop); }} {}

void Sampler::Worker::setSettings(const Settings& settings) {
    const std::scoped_lock lock{m_mutex};
    m_requery = m_requery || settings.query != m_settings.query || settings.processesWanted != m_settings.processesWanted;
    m_settings = settings;
    m_wake.notify_one();
}

void Sampler::Worker::refreshNow() {
    const std::scoped_lock lock{m_mutex};
    m_refresh = true;
    m_wake.notify_one();
}

void Sampler::Worker::updateNow() {
    const std::scoped_lock lock{m_mutex};
    m_update = true;
    m_wake.notify_one();
}

void Sampler::Worker::lookUp(const QList<fiberscope::Pid>& pids, QObject* context, ProcessDetailsHandler handler) {
    const std::scoped_lock lock{m_mutex};
    m_lookUps.push_back({pids, context, std::move(handler)});
    m_wake.notify_one();
}

void Sampler::Worker::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        auto orders = waitForOrders(stop);
        if (stop.stop_requested())
            return;
        for (auto& lookUp : orders.lookUps)
            answer(std::move(lookUp));
        const auto now = Clock::now();
        if (now >= m_eventsDue)
            pollEvents();
        if (orders.refresh || (!orders.settings.paused && now >= m_loadDue))
            sampleLoad(orders);
        sampleProcesses(orders);
    }
}

Sampler::Worker::Orders Sampler::Worker::waitForOrders(const std::stop_token& stop) {
    std::unique_lock lock{m_mutex};
    // Waits in steps: a changed interval moves the moment that is waited for.
    while (!stop.stop_requested() && !isAskedForSomething()) {
        const auto due = nextDue(m_settings);
        if (Clock::now() >= due)
            break;
        m_wake.wait_until(lock, stop, due, [&] { return isAskedForSomething() || nextDue(m_settings) < due; });
    }
    return {m_settings, std::exchange(m_requery, false), std::exchange(m_refresh, false), std::exchange(m_update, false),
            std::exchange(m_lookUps, {})};
}

Sampler::Worker::Clock::time_point Sampler::Worker::nextDue(const Settings& settings) const {
    auto due = m_eventsDue;
    if (settings.paused)
        return due;
    due = std::min(due, std::min(m_loadDue, Clock::now() + settings.loadInterval));
    if (settings.processesWanted && settings.refreshInterval > 0ms)
        due = std::min(due, m_refreshAt + settings.refreshInterval);
    return due;
}

void Sampler::Worker::sampleLoad(const Orders& orders) {
    const auto now = Clock::now();
    if (now >= m_loadDue) // a refresh is beside the pace
        m_loadDue += orders.settings.loadInterval;
    if (m_loadDue < now) // the first one, or late by more than an interval
        m_loadDue = now + orders.settings.loadInterval;
    auto sample = m_loads.take();
    m_node.counters(*sample);
    countMemory(orders.settings.isSeen, sample->node);
    QMetaObject::invokeMethod(
        &m_sampler, [sampler = &m_sampler, sample = LoadSample{std::move(sample)}] { emit sampler->loadSampled(sample); },
        Qt::QueuedConnection);
}

void Sampler::Worker::countMemory(bool isSeen, fiberscope::NodeRow& node) {
    if (!isSeen)
        return;
    const auto maxAge = m_node.is_stopped() ? Clock::duration::max() : bytesRest * m_sampleCost;
    const auto& counted = freshSample(maxAge)->snapshot.node;
    node.processes_bytes = counted.processes_bytes;
    node.allocated_by_processes_bytes = counted.allocated_by_processes_bytes;
}

void Sampler::Worker::pollEvents() {
    m_eventsDue = Clock::now() + hastyInterval;
    if (m_hasEventsWaiting->load())
        return;
    const EventsSample batch = freedElsewhere(m_node.events_after(m_eventSeq));
    if (batch->events.size() < manyEvents)
        m_eventsDue = Clock::now() + eventInterval;
    m_eventSeq = batch->next_seq;
    if (batch->events.empty() && batch->lost == 0)
        return;
    m_hasEventsWaiting->store(true);
    QMetaObject::invokeMethod(
        &m_sampler,
        [sampler = &m_sampler, waiting = m_hasEventsWaiting, batch] {
            waiting->store(false);
            sampler->takeEvents(batch);
        },
        Qt::QueuedConnection);
}

bool Sampler::Worker::isRefreshDue(const Settings& settings) const {
    return !settings.paused && settings.refreshInterval > 0ms && Clock::now() >= m_refreshAt + settings.refreshInterval;
}

std::optional<SampleKind> Sampler::Worker::wantedSample(const Orders& orders) const {
    if (m_builder.last() == nullptr)
        return SampleKind{};
    if (m_node.is_stopped()) // it has no processes to show any more: its last frame stays
        return std::nullopt;
    if (orders.refresh)
        return SampleKind{};
    if (isRefreshDue(orders.settings))
        return SampleKind{.pace = orders.settings.refreshInterval};
    return orders.update ? std::optional{SampleKind{.isUpdate = true}} : std::nullopt;
}

void Sampler::Worker::sampleProcesses(const Orders& orders) {
    if (!orders.settings.processesWanted)
        return;
    if (const auto kind = wantedSample(orders)) {
        takeProcesses(*kind);
    } else if (!orders.requery) {
        if (isRefreshDue(orders.settings))
            m_refreshAt = Clock::now();
        return;
    }
    post(m_builder.frame(orders.settings.query));
}

void Sampler::Worker::takeProcesses(const SampleKind& kind) {
    m_sampleAt = Clock::now();
    if (!kind.isUpdate)
        m_refreshAt = m_sampleAt;
    auto sample = m_builder.newSample();
    m_node.snapshot(sample->snapshot);
    m_builder.add(std::move(sample), kind);
}

void Sampler::Worker::post(ProcessFramePtr frame) {
    {
        const std::scoped_lock lock{m_slot->mutex};
        if (std::exchange(m_slot->frame, std::move(frame)) != nullptr)
            return; // the call that is queued already takes this one
    }
    QMetaObject::invokeMethod(
        &m_sampler,
        [sampler = &m_sampler, slot = m_slot] {
            ProcessFramePtr newest;
            {
                const std::scoped_lock lock{slot->mutex};
                newest = std::exchange(slot->frame, nullptr);
            }
            emit sampler->processesSampled(newest);
        },
        Qt::QueuedConnection);
}

ProcessSamplePtr Sampler::Worker::freshSample(Clock::duration maxAge) {
    const auto now = Clock::now();
    if (m_builder.last() != nullptr && now - m_sampleAt < maxAge)
        return m_builder.last();
    if (m_lookUpSample == nullptr || now - m_lookUpAt >= maxAge) {
        m_lookUpSample.reset(); // gives its buffers back for the next
        auto sample = m_builder.newSample();
        m_node.snapshot(sample->snapshot);
        sample->liveCount = sample->snapshot.processes.size();
        sample->liveLabelCount = sample->snapshot.labels.size();
        m_lookUpSample = std::move(sample);
        m_lookUpAt = now;
        m_sampleCost = Clock::now() - now;
    }
    return m_lookUpSample;
}

void Sampler::Worker::answer(LookUp lookUp) {
    auto found = detailsOf(*freshSample(freshAge), lookUp.pids);
    if (!std::all_of(found.begin(), found.end(), [](const auto& details) { return details.alive; }))
        found = detailsOf(*freshSample(0ms), lookUp.pids); // it may be younger than that sample
    QMetaObject::invokeMethod(
        &m_sampler,
        [lookUp = std::move(lookUp), found = std::move(found)] {
            if (lookUp.context != nullptr)
                lookUp.handler(found);
        },
        Qt::QueuedConnection);
}

} // namespace fiberscope::widgets
