// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/paced_look_up.hpp"

#include <algorithm>

namespace fiberscope::widgets {

namespace {
constexpr qint64 shortestRestMs = 900;
constexpr qint64 restFactor = 20;
} // namespace

PacedLookUp::PacedLookUp(Sampler& sampler, QObject* parent) : QObject{parent}, m_sampler{sampler} {}

void PacedLookUp::request(const QList<fiberscope::Pid>& pids) {
    if (m_isOpen || (m_sinceRequest.isValid() && m_sinceRequest.elapsed() < m_restMs))
        return;
    m_isOpen = true;
    m_sinceRequest.start();
    m_sampler.lookUp(pids, this, [this](const QList<ProcessDetails>& processes) {
        m_isOpen = false;
        m_restMs = std::max(shortestRestMs, restFactor * m_sinceRequest.elapsed());
        emit found(processes);
    });
}

} // namespace fiberscope::widgets
