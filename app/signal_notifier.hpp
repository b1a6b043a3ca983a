// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <array>

class QSocketNotifier;

namespace fiberscope::app {

/// Turns SIGINT and SIGTERM into a Qt signal.
/// **Thread:** GUI thread; at most one object at a time. **Errors:** throws std::system_error if there is no pipe to be had.
class SignalNotifier : public QObject {
    Q_OBJECT

public:
    explicit SignalNotifier(QObject* parent = nullptr);
    ~SignalNotifier() override;

signals:
    /// The program is asked to end.
    void terminationRequested();

private:
    void readPipe();

    std::array<int, 2> m_pipe{-1, -1}; ///< read end, write end
    QSocketNotifier* m_notifier;
};

} // namespace fiberscope::app
