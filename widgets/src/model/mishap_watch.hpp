// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sampler.hpp"

#include <QObject>
#include <QString>
#include <QTimer>

#include <chrono>
#include <cstdint>
#include <optional>

namespace fiberscope::widgets {

/// Tells what goes badly wrong whoever did it: supervisors that give up, applications that end abnormally, many
/// processes that crash at once. What comes together is told together, in one line that is brought up to date; five
/// quiet seconds end it. How many crashed is counted by the Node, so lost events do not falsify it; that give-ups may
/// be missing is said.
/// **Thread:** GUI thread.
class MishapWatch : public QObject {
    Q_OBJECT

public:
    explicit MishapWatch(QObject* parent = nullptr);

    /// One line of rich text with pids as links; empty while nothing is wrong.
    QString text() const;

public slots:
    void takeEvents(const fiberscope::widgets::EventsSample& batch);
    void takeLoad(const fiberscope::widgets::LoadSample& sample);
    /// The user has read it: nothing more is told of what goes on now.
    void dismiss();
    /// Forgets what went wrong as if the quiet time were over.
    void expire();

signals:
    /// What went wrong is another thing now; at most three times a second.
    void told(const QString& text);

private:
    /// Things of one kind: how many, and the last.
    struct Mishaps {
        quint64 count = 0;
        QString last; ///< rich text
    };
    struct Episode {
        Mishaps giveUps;
        Mishaps applications;
        quint64 crashes = 0;                               ///< that the Node counted ...
        std::chrono::system_clock::time_point crashesFrom; ///< ... since then
        quint64 lost = 0;                                  ///< events
        bool isDismissed = false;
    };
    Episode& episode();

    std::optional<Episode> m_episode;
    QString m_lastCrash; ///< rich text, for example
    quint64 m_crashes = 0;
    std::uint64_t m_uptimeNs = 0; ///< of the last sample; 0: none yet
    QTimer m_tell;
    QTimer m_quiet;
};

} // namespace fiberscope::widgets
