// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sampler.hpp"

#include <QElapsedTimer>
#include <QObject>

namespace fiberscope::widgets {

/// Look-ups that repeat while something is shown, at a price that stays small: at most one a second, one at a time, and
/// with rests of twenty times what the last one took. A million processes are read every few seconds, a thousand every
/// second.
/// **Thread:** GUI thread.
class PacedLookUp : public QObject {
    Q_OBJECT

public:
    explicit PacedLookUp(Sampler& sampler, QObject* parent = nullptr);

    /// Looks these processes up unless it is too early.
    void request(const QList<fiberscope::Pid>& pids);

signals:
    void found(const QList<fiberscope::widgets::ProcessDetails>& processes);

private:
    Sampler& m_sampler;
    QElapsedTimer m_sinceRequest;
    qint64 m_restMs = 0;
    bool m_isOpen = false;
};

} // namespace fiberscope::widgets
