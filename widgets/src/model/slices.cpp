// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/slices.hpp"

#include <QTimer>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

void forEachInSlices(QObject& owner, const QList<fiberscope::Pid>& pids, std::function<void(fiberscope::Pid)> deed,
                     std::function<void()> done) {
    auto takeSlice = [pids, deed = std::move(deed), next = qsizetype{0}]() mutable {
        const auto end = std::min(next + sliceOfProcesses, pids.size());
        while (next < end)
            deed(pids[next++]);
        return next == pids.size();
    };
    if (takeSlice())
        return done();
    auto* timer = new QTimer{&owner};
    QObject::connect(timer, &QTimer::timeout, timer, [timer, takeSlice = std::move(takeSlice), done = std::move(done)]() mutable {
        if (!takeSlice())
            return;
        timer->deleteLater();
        timer->stop();
        done();
    });
    timer->start();
}

} // namespace fiberscope::widgets
