// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/application_endings.hpp"

#include "model/line_text.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>

#include <utility>

namespace fiberscope::widgets {

using fiberscope::EventKind;

namespace {

QString translated(const char* text) {
    return QCoreApplication::translate("fiberscope::widgets::ApplicationEndings", text);
}

} // namespace

ApplicationEndings::ApplicationEndings(Running running) : m_running{std::move(running)} {
    learnSupervisors();
}

void ApplicationEndings::takeEvents(const fiberscope::EventBatch& batch) {
    m_hasLost = m_hasLost || batch.lost > 0;
    if (batch.lost > 0)
        learnSupervisors();
    for (const auto& event : batch.events) {
        const QString name = toQString(event.name.name());
        if (event.kind == EventKind::gave_up) {
            const auto top = m_topSupervisors.constFind(event.pid.bits());
            if (top != m_topSupervisors.constEnd())
                m_endings[*top].gaveUp = true;
            else
                m_gaveUp.insert(event.pid.bits());
        } else if (event.kind == EventKind::application_stopped) {
            m_last = name;
            m_endings[name].reason = termText(event.reason.term());
            m_topSupervisors.removeIf([&name](const auto& entry) { return entry.value() == name; });
        } else if (event.kind == EventKind::application_started) {
            m_topSupervisors.insert(event.supervisor.bits(), name);
            m_endings.insert(name, {{}, std::exchange(m_gaveUp, {}).contains(event.supervisor.bits())});
        }
    }
}

void ApplicationEndings::learnSupervisors() {
    for (const auto& application : m_running())
        m_topSupervisors.insert(application.supervisor.bits(), toQString(application.name.name()));
}

QString ApplicationEndings::text(const QString& application) const {
    const QString name = lineText(application);
    const Ending ending = m_endings.value(application);
    if (ending.reason.isEmpty() && !ending.gaveUp)
        return (m_hasLost ? translated("Application %1 has ended. Why is not known: events were lost.")
                          : translated("Application %1 has ended."))
            .arg(name);
    QString text = translated("Application %1 has ended.");
    if (ending.gaveUp)
        text = translated("Application %1 has ended: its top supervisor gave up, after more restarts than it allows.");
    else if (ending.reason == QStringLiteral("stopped"))
        text = translated("Application %1 has stopped.");
    text = text.arg(name);
    return ending.reason.isEmpty() ? text : translated("%1\nExit reason: %2").arg(text, lineText(ending.reason));
}

} // namespace fiberscope::widgets
