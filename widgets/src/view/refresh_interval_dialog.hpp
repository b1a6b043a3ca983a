// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <chrono>

class QCheckBox;
class QDoubleSpinBox;
class QSlider;

namespace fiberscope::widgets {

/// Erlang's observer's "Update Interval": a switch and a slider from 1 to 300 seconds; beside it a field that takes any interval
/// from 0.1 s to an hour.
/// **Thread:** GUI thread.
class RefreshIntervalDialog : public QDialog {
    Q_OBJECT

public:
    /// `interval` 0: periodical refresh is off, and `whenOn` is what it would be.
    RefreshIntervalDialog(std::chrono::milliseconds interval, std::chrono::milliseconds whenOn, QWidget* parent);

    /// What was chosen; 0: no periodical refresh.
    std::chrono::milliseconds interval() const;

private:
    QCheckBox* m_periodical;
    QDoubleSpinBox* m_seconds;
    QSlider* m_slider; ///< moves with it
};

} // namespace fiberscope::widgets
