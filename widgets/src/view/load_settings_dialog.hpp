// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <chrono>

class QSpinBox;

namespace fiberscope::widgets {

/// Observer's dialog "Load Chart Settings": how often the load is sampled and how much the charts show.
/// **Thread:** GUI thread.
class LoadSettingsDialog : public QDialog {
    Q_OBJECT

public:
    LoadSettingsDialog(std::chrono::milliseconds sample, std::chrono::minutes length, QWidget* parent = nullptr);

    std::chrono::milliseconds sampleInterval() const;
    std::chrono::minutes length() const;

private:
    QSpinBox* m_sample;
    QSpinBox* m_length;
};

} // namespace fiberscope::widgets
