// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/log_reader.hpp"

#include "model/log_model.hpp"

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

LogReader::LogReader(QObject* parent) : QObject{parent} {
    m_pool.setMaxThreadCount(1);
}

LogReader::~LogReader() {
    m_pool.waitForDone();
}

void LogReader::read(const EventsSample& batch) {
    m_waiting.push_back(batch);
    if (!m_isReading)
        start();
}

void LogReader::start() {
    m_isReading = true;
    m_pool.start([this, batches = std::exchange(m_waiting, {}), keeps = m_keepsNormalExits] {
        QMetaObject::invokeMethod(
            this,
            [this, result = linesOf(batches, keeps, m_known)] {
                m_isReading = false;
                emit linesRead(result.lines, result.lost, result.skipped);
                if (!m_isReading && !m_waiting.empty())
                    start();
            },
            Qt::QueuedConnection);
    });
}

LogReader::Result LogReader::linesOf(const Batches& batches, bool keepsNormalExits, KnownNames& known) {
    Result result;
    std::vector<LogLines> parts; // the newest first
    std::size_t left = LogModel::maxLines;
    for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
        result.lost += (*batch)->lost;
        result.skipped += lineCount(**batch, keepsNormalExits);
        if (left > 0)
            left -= std::min(left, parts.emplace_back(logLines(**batch, keepsNormalExits, left, known)).size());
    }
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
        result.lines.insert(result.lines.end(), part->begin(), part->end());
    result.skipped -= result.lines.size();
    return result;
}

} // namespace fiberscope::widgets
