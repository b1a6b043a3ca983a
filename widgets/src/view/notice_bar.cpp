// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/notice_bar.hpp"

#include "model/pid_link.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QResizeEvent>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace fiberscope::widgets {

using namespace std::chrono_literals;

NoticeBar::NoticeBar(QWidget* parent) : QFrame{parent} {
    setObjectName(QStringLiteral("noticeBar"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::ToolTipBase);
    build(m_deed, QStringLiteral("deedNoticeText"));
    build(m_mishap, QStringLiteral("mishapNoticeText"));
    auto* close = new QToolButton{this};
    close->setObjectName(QStringLiteral("closeNotice"));
    close->setAccessibleName(tr("Close this notice"));
    close->setToolTip(tr("Close this notice"));
    close->setIcon(style()->standardIcon(QStyle::SP_TitleBarCloseButton));
    close->setAutoRaise(true);
    connect(close, &QToolButton::clicked, this, &NoticeBar::dismiss);
    auto* lines = new QVBoxLayout;
    lines->setSpacing(2);
    lines->addWidget(m_deed.label);
    lines->addWidget(m_mishap.label);
    auto* layout = new QHBoxLayout{this};
    layout->setContentsMargins(10, 3, 4, 3);
    layout->addLayout(lines, 1);
    layout->addWidget(close, 0, Qt::AlignTop);
    QWidget::hide();
}

void NoticeBar::build(Line& line, const QString& name) {
    line.label = new QLabel{this};
    line.label->setObjectName(name);
    line.label->setForegroundRole(QPalette::ToolTipText);
    line.label->setTextFormat(Qt::RichText);
    line.label->setTextInteractionFlags(Qt::TextBrowserInteraction);
    line.label->setWordWrap(true);
    line.label->setMinimumWidth(1); // a long word widens no window
    line.label->installEventFilter(this);
    line.label->hide();
    connect(line.label, &QLabel::linkActivated, this, [this](const QString& link) {
        if (const auto pid = pidOfLink(link))
            emit processClicked(pid);
    });
    line.hide.setSingleShot(true);
    line.hide.setInterval(30s);
    connect(&line.hide, &QTimer::timeout, this, [this, &line] {
        if (underMouse())
            line.hide.start();
        else
            hide(line);
    });
}

void NoticeBar::show(Line& line, const QString& text) {
    line.label->setText(text);
    line.label->show();
    line.hide.start();
    QWidget::show();
}

void NoticeBar::hide(Line& line) {
    line.label->hide();
    line.label->setMinimumHeight(0);
    line.hide.stop();
    if (m_deed.label->isHidden() && m_mishap.label->isHidden())
        QWidget::hide();
}

// A text that comes anew each second, now in two lines and now in three, would move the page above to and fro.
bool NoticeBar::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) {
        auto& label = static_cast<QLabel&>(*watched);
        const auto& resized = static_cast<const QResizeEvent&>(*event);
        const bool isOtherWidth = resized.size().width() != resized.oldSize().width();
        const int least = isOtherWidth ? label.heightForWidth(resized.size().width()) : resized.size().height();
        label.setMinimumHeight(std::max(isOtherWidth ? 0 : label.minimumHeight(), least));
    }
    return QFrame::eventFilter(watched, event);
}

void NoticeBar::dismiss() {
    hide(m_deed);
    hide(m_mishap);
    emit closed();
}

void NoticeBar::showText(const QString& text) {
    show(m_deed, text);
}

void NoticeBar::showMishap(const QString& text) {
    show(m_mishap, text);
}

} // namespace fiberscope::widgets
