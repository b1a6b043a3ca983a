// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/refresh_interval_dialog.hpp"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>

namespace fiberscope::widgets {

namespace {

/// Seconds, to the millisecond, without zeros behind.
class IntervalBox : public QDoubleSpinBox {
public:
    explicit IntervalBox(QWidget* parent) : QDoubleSpinBox{parent} {
        setDecimals(3);
        setRange(0.1, 3600);
        setSuffix(RefreshIntervalDialog::tr(" s"));
    }
    QString textFromValue(double value) const override { return locale().toString(value, 'g', QLocale::FloatingPointShortest); }
};

} // namespace

RefreshIntervalDialog::RefreshIntervalDialog(std::chrono::milliseconds interval, std::chrono::milliseconds whenOn,
                                             QWidget* parent)
    : QDialog{parent}, m_periodical{new QCheckBox{tr("&Periodical refresh"), this}}, m_seconds{new IntervalBox{this}},
      m_slider{new QSlider{Qt::Horizontal, this}} {
    setObjectName(QStringLiteral("refreshIntervalDialog"));
    setWindowTitle(tr("Update Interval"));
    setMinimumWidth(340);
    m_periodical->setObjectName(QStringLiteral("periodicalRefresh"));
    m_periodical->setChecked(interval.count() > 0);
    m_seconds->setObjectName(QStringLiteral("refreshInterval"));
    m_slider->setObjectName(QStringLiteral("refreshSeconds"));
    m_slider->setRange(1, 300);
    m_slider->setPageStep(10);
    connect(m_slider, &QSlider::valueChanged, m_seconds, &QDoubleSpinBox::setValue);
    connect(m_seconds, &QDoubleSpinBox::valueChanged, this, [this](double seconds) {
        const QSignalBlocker quiet{m_slider}; // which has whole seconds only
        m_slider->setValue(qRound(seconds));
    });
    m_seconds->setValue(std::chrono::duration<double>{interval.count() > 0 ? interval : whenOn}.count());
    auto* every = new QLabel{tr("&Every"), this};
    every->setBuddy(m_seconds);
    for (QWidget* control : {static_cast<QWidget*>(m_seconds), static_cast<QWidget*>(m_slider)}) {
        control->setAccessibleName(tr("Seconds between two refreshes"));
        control->setEnabled(m_periodical->isChecked());
        connect(m_periodical, &QCheckBox::toggled, control, &QWidget::setEnabled);
    }
    auto* buttons = new QDialogButtonBox{QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this};
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto* field = new QHBoxLayout;
    field->addWidget(every);
    field->addWidget(m_seconds);
    field->addStretch();
    auto* scale = new QHBoxLayout;
    scale->addWidget(new QLabel{QStringLiteral("1"), this});
    scale->addWidget(m_slider, 1);
    scale->addWidget(new QLabel{QStringLiteral("300"), this});
    auto* layout = new QVBoxLayout{this};
    layout->addWidget(m_periodical);
    layout->addLayout(field);
    layout->addLayout(scale);
    layout->addStretch();
    layout->addWidget(buttons);
}

std::chrono::milliseconds RefreshIntervalDialog::interval() const {
    return std::chrono::milliseconds{m_periodical->isChecked() ? qRound64(m_seconds->value() * 1000) : 0};
}

} // namespace fiberscope::widgets
