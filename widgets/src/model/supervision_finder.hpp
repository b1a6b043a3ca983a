// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_query.hpp"

#include <QElapsedTimer>
#include <QObject>
#include <QThreadPool>

#include <atomic>
#include <memory>
#include <optional>

namespace fiberscope::widgets {

/// Looks through supervision trees on a thread of its own.
/// **Thread:** GUI thread; the signal arrives there. **Lifetime:** its destructor waits for a search that runs, which then
/// ends soon.
class SupervisionFinder : public QObject {
    Q_OBJECT

public:
    explicit SupervisionFinder(QObject* parent = nullptr);
    ~SupervisionFinder() override;

    /// Looks for something else. What ran before is given up.
    void find(const SupervisionFramePtr& frame, fiberscope::Atom application, const SupervisionQuery& query);
    /// Looks for the same in a newer frame, unless a search runs or the last one took long and has just been: at most a tenth of
    /// the time is spent so.
    void findAgain(const SupervisionFramePtr& frame);
    void cancel();
    /// Whether what find() looks for has not been told yet.
    bool isFinding() const { return m_isCancelled != nullptr && !m_isAgain; }

signals:
    /// `isAgain`: by findAgain().
    void found(const fiberscope::widgets::SupervisionHits& hits, bool isAgain);

private:
    void start(const SupervisionFramePtr& frame, bool isAgain);

    QThreadPool m_pool; ///< of one thread
    fiberscope::Atom m_application;
    SupervisionQuery m_query;
    std::shared_ptr<std::atomic<bool>> m_isCancelled; ///< of the search that runs; written here only. nullptr: none runs
    bool m_isAgain = false;
    QElapsedTimer m_watch; ///< since the start, then since the end of the last search
    qint64 m_restMs = 0;
};

} // namespace fiberscope::widgets
