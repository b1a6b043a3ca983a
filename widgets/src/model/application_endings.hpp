// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/application.hpp>
#include <fiberscope/events.hpp>

#include <QHash>
#include <QSet>
#include <QString>

#include <functional>
#include <vector>

namespace fiberscope::widgets {

/// How applications ended, as the events tell. Events may be lost: what is not known is said to be so.
/// **Thread:** the one that it lives on.
class ApplicationEndings {
public:
    using Running = std::function<std::vector<fiberscope::ApplicationInfo>()>;

    /// `running` tells the applications that run; asked now and when events were lost, since who gives up is known by its pid.
    explicit ApplicationEndings(Running running);

    void takeEvents(const fiberscope::EventBatch& batch);
    /// All that is asked for runs now: what was lost before is of no interest any more.
    void forgetLoss() { m_hasLost = false; }
    /// Empty: none has, as far as is known.
    QString last() const { return m_last; }
    /// A line or two of plain text on one that runs no more.
    QString text(const QString& application) const;

private:
    struct Ending {
        QString reason; ///< empty: unknown
        bool gaveUp = false;
    };
    void learnSupervisors();

    Running m_running;
    QHash<QString, Ending> m_endings;
    QHash<quint64, QString> m_topSupervisors; ///< names of applications; one that has ended needs its pid no more
    QSet<quint64> m_gaveUp; ///< of others, since an application started last: one may give up before its start is told
    QString m_last;
    bool m_hasLost = false;
};

} // namespace fiberscope::widgets
