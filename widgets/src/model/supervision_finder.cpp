// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/supervision_finder.hpp"

namespace fiberscope::widgets {

namespace {
constexpr int restFactor = 10;
} // namespace

SupervisionFinder::SupervisionFinder(QObject* parent) : QObject{parent} {
    m_pool.setMaxThreadCount(1);
}

SupervisionFinder::~SupervisionFinder() {
    cancel();
    m_pool.waitForDone();
}

void SupervisionFinder::find(const SupervisionFramePtr& frame, fiberscope::Atom application, const SupervisionQuery& query) {
    cancel();
    m_application = application;
    m_query = query;
    start(frame, false);
}

void SupervisionFinder::findAgain(const SupervisionFramePtr& frame) {
    if (m_query.isEmpty() || m_isCancelled != nullptr || m_watch.elapsed() < m_restMs)
        return;
    start(frame, true);
}

void SupervisionFinder::cancel() {
    if (m_isCancelled != nullptr)
        m_isCancelled->store(true);
    m_isCancelled = nullptr;
    m_query = {};
}

void SupervisionFinder::start(const SupervisionFramePtr& frame, bool isAgain) {
    m_isCancelled = std::make_shared<std::atomic<bool>>(false);
    m_isAgain = isAgain;
    m_watch.start();
    m_pool.start([this, frame, application = m_application, query = m_query, isCancelled = m_isCancelled, isAgain] {
        auto hits = search(frame, application, query, *isCancelled);
        QMetaObject::invokeMethod(
            this,
            [this, hits = std::move(hits), isCancelled, isAgain] {
                if (*isCancelled)
                    return;
                m_isCancelled = nullptr;
                m_restMs = m_watch.restart() * restFactor;
                emit found(hits, isAgain);
            },
            Qt::QueuedConnection);
    });
}

} // namespace fiberscope::widgets
