// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/mishap_watch.hpp"

#include "model/event_text.hpp"
#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/pid_link.hpp"
#include "model/text_format.hpp"

#include <QStringList>

namespace fiberscope::widgets {

using namespace std::chrono_literals;
using fiberscope::EventKind;

namespace {

/// So many crashes between two samples, at this rate a second at least, are many at once.
constexpr quint64 manyCrashes = 20;

QString giveUpText(const fiberscope::Event& event) {
    const QString name = event.supervisor_name ? toQString(event.supervisor_name.name()) : QString{};
    return MishapWatch::tr("%1 gave up: child %2 ended more often than it may restart it")
        .arg(pidLink(event.pid, name), lineText(event.child_id).toHtmlEscaped());
}

QString applicationText(const fiberscope::Event& event) {
    return MishapWatch::tr("application %1 ended with %2")
        .arg(lineText(toQString(event.name.name())).toHtmlEscaped(), lineText(endReasonText(event)).toHtmlEscaped());
}

QString crashText(const fiberscope::Event& event) {
    return MishapWatch::tr("%1 with %2")
        .arg(pidLink(event.pid, toQString(eventProcessName(event))), lineText(endReasonText(event)).toHtmlEscaped());
}

quint64 crashesOf(const fiberscope::NodeRow& node) {
    return node.crashes + node.over_limit;
}

} // namespace

MishapWatch::MishapWatch(QObject* parent) : QObject{parent} {
    m_tell.setSingleShot(true);
    m_tell.setInterval(300ms);
    m_quiet.setSingleShot(true);
    m_quiet.setInterval(5s);
    connect(&m_tell, &QTimer::timeout, this, [this] {
        if (m_episode && !m_episode->isDismissed)
            emit told(text());
    });
    connect(&m_quiet, &QTimer::timeout, this, &MishapWatch::expire);
}

MishapWatch::Episode& MishapWatch::episode() {
    if (!m_episode)
        m_episode.emplace();
    m_quiet.start();
    if (!m_tell.isActive())
        m_tell.start();
    return *m_episode;
}

void MishapWatch::takeEvents(const EventsSample& batch) {
    // events come by the thousand, and only of the last of a kind a text is shown
    const fiberscope::Event* giveUp = nullptr;
    const fiberscope::Event* application = nullptr;
    const fiberscope::Event* crash = nullptr;
    for (const auto& event : batch->events) {
        if (event.kind == EventKind::gave_up) {
            ++episode().giveUps.count;
            giveUp = &event;
        } else if (event.kind == EventKind::application_stopped && isByItself(event.reason)) {
            ++episode().applications.count;
            application = &event;
        } else if (event.kind == EventKind::exit && !event.reason.is_clean() &&
                   event.reason != fiberscope::ExitReason::killed()) {
            crash = &event;
        }
    }
    if (giveUp != nullptr)
        m_episode->giveUps.last = giveUpText(*giveUp);
    if (application != nullptr)
        m_episode->applications.last = applicationText(*application);
    if (crash != nullptr)
        m_lastCrash = crashText(*crash);
    if (m_episode)
        m_episode->lost += batch->lost;
}

void MishapWatch::takeLoad(const LoadSample& sample) {
    const quint64 crashes = crashesOf(sample->node);
    const double seconds = static_cast<double>(sample->node.uptime_ns - m_uptimeNs) / 1e9;
    const quint64 fresh = m_uptimeNs == 0 ? 0 : crashes - m_crashes;
    m_crashes = crashes;
    m_uptimeNs = sample->node.uptime_ns;
    const bool isMany = fresh >= manyCrashes && static_cast<double>(fresh) >= manyCrashes * seconds;
    if (fresh == 0 || !(isMany || m_episode))
        return;
    auto& now = episode();
    if (now.crashes == 0)
        now.crashesFrom =
            sample->node.taken_at - std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>{seconds});
    now.crashes += fresh;
}

void MishapWatch::dismiss() {
    if (m_episode)
        m_episode->isDismissed = true;
}

void MishapWatch::expire() {
    m_quiet.stop();
    m_tell.stop();
    m_episode.reset();
}

QString MishapWatch::text() const {
    if (!m_episode)
        return {};
    QStringList parts;
    const auto add = [&parts](const Mishaps& mishaps, const QString& several) {
        if (mishaps.count == 1)
            parts += mishaps.last;
        else if (mishaps.count > 1)
            parts += tr("%1 %2, the last: %3").arg(countText(mishaps.count), several, mishaps.last);
    };
    add(m_episode->giveUps, tr("supervisors gave up"));
    add(m_episode->applications, tr("applications ended"));
    if (m_episode->crashes >= manyCrashes) {
        QString crashed = tr("%1 processes have crashed since %2")
                              .arg(countText(m_episode->crashes), clockText(m_episode->crashesFrom).left(8)); // to the second
        if (!m_lastCrash.isEmpty())
            crashed += tr(", one of them %1").arg(m_lastCrash);
        parts += crashed;
    }
    if (m_episode->lost > 0 && !parts.isEmpty())
        parts += tr("there may be more: %1 lost").arg(countText(m_episode->lost, "event was", "events were"));
    QString text = parts.join(QStringLiteral("; "));
    if (m_episode->giveUps.count == 0 && !text.isEmpty())
        text.front() = text.front().toUpper(); // no name stands first
    return text;
}

} // namespace fiberscope::widgets
