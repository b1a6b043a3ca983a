// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/load_settings_dialog.hpp"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QSlider>
#include <QSpinBox>

namespace fiberscope::widgets {

namespace {

/// A row as observer has it: name, slider, and here also a box to type into.
QSpinBox* addRow(QGridLayout& grid, const QString& name, const QString& objectName, int from, int to, int step, int value) {
    auto* label = new QLabel{name};
    auto* slider = new QSlider{Qt::Horizontal};
    auto* box = new QSpinBox;
    box->setObjectName(objectName);
    slider->setRange(from, to);
    slider->setSingleStep(step);
    slider->setPageStep(step);
    slider->setMinimumWidth(220);
    slider->setAccessibleName(name);
    box->setRange(from, to);
    box->setSingleStep(step);
    label->setBuddy(box);
    QObject::connect(slider, &QSlider::valueChanged, box, &QSpinBox::setValue);
    QObject::connect(box, &QSpinBox::valueChanged, slider, &QSlider::setValue);
    box->setValue(value);
    const int row = grid.rowCount();
    grid.addWidget(label, row, 0);
    grid.addWidget(slider, row, 1);
    grid.addWidget(box, row, 2);
    return box;
}

} // namespace

LoadSettingsDialog::LoadSettingsDialog(std::chrono::milliseconds sample, std::chrono::minutes length, QWidget* parent)
    : QDialog{parent} {
    setObjectName(QStringLiteral("loadSettingsDialog"));
    setWindowTitle(tr("Load Chart Settings"));
    auto* grid = new QGridLayout{this};
    grid->setVerticalSpacing(10);
    m_sample = addRow(*grid, tr("&Sample (ms)"), QStringLiteral("sampleBox"), 100, 10'000, 100, static_cast<int>(sample.count()));
    m_length = addRow(*grid, tr("&Length (min)"), QStringLiteral("lengthBox"), 1, 10, 1, static_cast<int>(length.count()));
    auto* note = new QLabel{tr("What has been sampled already stays in the charts.")};
    grid->addWidget(note, grid->rowCount(), 0, 1, 3);
    auto* buttons = new QDialogButtonBox{QDialogButtonBox::Ok | QDialogButtonBox::Cancel};
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    grid->addWidget(buttons, grid->rowCount(), 0, 1, 3);
}

std::chrono::milliseconds LoadSettingsDialog::sampleInterval() const {
    return std::chrono::milliseconds{m_sample->value()};
}

std::chrono::minutes LoadSettingsDialog::length() const {
    return std::chrono::minutes{m_length->value()};
}

} // namespace fiberscope::widgets
