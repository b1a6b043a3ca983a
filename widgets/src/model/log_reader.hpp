// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/log_line.hpp"
#include "model/sampler.hpp"

#include <QObject>
#include <QThreadPool>

#include <cstdint>
#include <vector>

namespace fiberscope::widgets {

/// Makes lines of the log of batches of events on a thread of its own: the texts of thousands of events take longer than
/// the GUI thread has time. Batches that come while one is read are read together, and of those only what the log can hold.
/// **Thread:** GUI thread; the signal arrives there, in the order of the events.
/// **Lifetime:** its destructor waits until what is read now has been read.
class LogReader : public QObject {
    Q_OBJECT

public:
    explicit LogReader(QObject* parent = nullptr);
    ~LogReader() override;

    /// Whether exits for clean reasons become lines, of what is read from now on; default no.
    void setKeepsNormalExits(bool keep) { m_keepsNormalExits = keep; }
    void read(const EventsSample& batch);

signals:
    /// `lost`: events that the ring no longer held; `skipped`: older lines than the log can hold.
    void linesRead(const fiberscope::widgets::LogLines& lines, quint64 lost, quint64 skipped);

private:
    using Batches = std::vector<EventsSample>;
    struct Result {
        LogLines lines;
        std::uint64_t lost = 0;
        std::uint64_t skipped = 0;
    };
    static Result linesOf(const Batches& batches, bool keepsNormalExits, KnownNames& known);
    void start();

    KnownNames m_known; ///< touched by the pool's thread only
    QThreadPool m_pool; ///< of one thread
    Batches m_waiting;
    bool m_isReading = false;
    bool m_keepsNormalExits = false;
};

} // namespace fiberscope::widgets
