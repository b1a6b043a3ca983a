// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <array>
#include <thread>

namespace fiberscope::app {

/// Turns the first SIGINT or SIGTERM into a Qt signal; a second one ends the program at once, with exit status 128 and the
/// signal's number, whatever the GUI thread does. Both are read on a thread of their own.
/// **Thread:** GUI thread; at most one object at a time. **Errors:** throws std::system_error if there is no pipe, or no
/// thread, to be had.
class SignalNotifier : public QObject {
    Q_OBJECT

public:
    explicit SignalNotifier(QObject* parent = nullptr);
    ~SignalNotifier() override;

signals:
    /// The program is asked to end.
    void terminationRequested();

private:
    void readSignals();
    /// The number of the next signal; 0: the object ends.
    int nextSignal();

    std::array<int, 2> m_pipe{-1, -1}; ///< read end, write end
    std::thread m_reader;
};

} // namespace fiberscope::app
