// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <chrono>

class QCheckBox;
class QSlider;

namespace fiberscope::widgets {

/// Erlang's observer's "Update Interval": a switch and a slider from 1 to 300 seconds.
/// **Thread:** GUI thread.
class RefreshIntervalDialog : public QDialog {
    Q_OBJECT

public:
    /// `interval` 0: periodical refresh is off, and the slider stands at `whenOn`.
    RefreshIntervalDialog(std::chrono::seconds interval, std::chrono::seconds whenOn, QWidget* parent);

    /// What was chosen; 0: no periodical refresh.
    std::chrono::seconds interval() const;

private:
    QCheckBox* m_periodical;
    QSlider* m_seconds;
};

} // namespace fiberscope::widgets
