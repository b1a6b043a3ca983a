// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/refresh_interval_dialog.hpp"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QVBoxLayout>

namespace fiberscope::widgets {

RefreshIntervalDialog::RefreshIntervalDialog(std::chrono::seconds interval, std::chrono::seconds whenOn, QWidget* parent)
    : QDialog{parent}, m_periodical{new QCheckBox{tr("&Periodical refresh"), this}}, m_seconds{
                                                                                         new QSlider{Qt::Horizontal, this}} {
    setObjectName(QStringLiteral("refreshIntervalDialog"));
    setWindowTitle(tr("Update Interval"));
    setMinimumWidth(340);
    m_periodical->setObjectName(QStringLiteral("periodicalRefresh"));
    m_periodical->setChecked(interval.count() > 0);
    m_seconds->setObjectName(QStringLiteral("refreshSeconds"));
    m_seconds->setAccessibleName(tr("Seconds between two refreshes"));
    m_seconds->setRange(1, 300);
    m_seconds->setPageStep(10);
    m_seconds->setValue(static_cast<int>((interval.count() > 0 ? interval : whenOn).count()));
    m_seconds->setEnabled(m_periodical->isChecked());
    auto* shown = new QLabel{this};
    const auto show = [this, shown] {
        shown->setText(m_seconds->value() == 1 ? tr("Every second") : tr("Every %1 seconds").arg(m_seconds->value()));
    };
    show();
    shown->setEnabled(m_periodical->isChecked());
    connect(m_seconds, &QSlider::valueChanged, shown, show);
    connect(m_periodical, &QCheckBox::toggled, m_seconds, &QWidget::setEnabled);
    connect(m_periodical, &QCheckBox::toggled, shown, &QWidget::setEnabled);
    auto* buttons = new QDialogButtonBox{QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this};
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto* scale = new QHBoxLayout;
    scale->addWidget(new QLabel{QStringLiteral("1"), this});
    scale->addWidget(m_seconds, 1);
    scale->addWidget(new QLabel{QStringLiteral("300"), this});
    auto* layout = new QVBoxLayout{this};
    layout->addWidget(m_periodical);
    layout->addWidget(shown);
    layout->addLayout(scale);
    layout->addStretch();
    layout->addWidget(buttons);
}

std::chrono::seconds RefreshIntervalDialog::interval() const {
    return std::chrono::seconds{m_periodical->isChecked() ? m_seconds->value() : 0};
}

} // namespace fiberscope::widgets
