// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/kill_notice.hpp"

#include "model/pid_link.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>

#include <chrono>

namespace fiberscope::widgets {

using namespace std::chrono_literals;

KillNotice::KillNotice(QWidget* parent) : QFrame{parent}, m_text{new QLabel{this}} {
    setObjectName(QStringLiteral("killNotice"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::ToolTipBase);
    m_text->setObjectName(QStringLiteral("killNoticeText"));
    m_text->setForegroundRole(QPalette::ToolTipText);
    m_text->setTextFormat(Qt::RichText);
    m_text->setTextInteractionFlags(Qt::TextBrowserInteraction);
    m_text->setWordWrap(true);
    auto* close = new QToolButton{this};
    close->setObjectName(QStringLiteral("closeNotice"));
    close->setAccessibleName(tr("Close this notice"));
    close->setToolTip(tr("Close this notice"));
    close->setIcon(style()->standardIcon(QStyle::SP_TitleBarCloseButton));
    close->setAutoRaise(true);
    auto* layout = new QHBoxLayout{this};
    layout->setContentsMargins(10, 3, 4, 3);
    layout->addWidget(m_text, 1);
    layout->addWidget(close);
    hide();

    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    connect(m_text, &QLabel::linkActivated, this, [this](const QString& link) {
        if (const auto pid = pidOfLink(link))
            emit processClicked(pid);
    });
    m_hide.setSingleShot(true);
    m_hide.setInterval(30s);
    connect(&m_hide, &QTimer::timeout, this, [this] {
        if (underMouse())
            m_hide.start();
        else
            hide();
    });
}

void KillNotice::showText(const QString& text) {
    m_text->setText(text);
    show();
    m_hide.start();
}

QString KillNotice::text() const {
    return isHidden() ? QString{} : m_text->text();
}

} // namespace fiberscope::widgets
