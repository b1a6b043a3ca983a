// SPDX-License-Identifier: GPL-3.0-or-later
#include "argument_field.hpp"

#include <QFocusEvent>
#include <QKeyEvent>
#include <QLabel>

#include <algorithm>

namespace fiberscope::app {

namespace {
constexpr int margin = 6;
} // namespace

ArgumentField::ArgumentField(QWidget* parent) : QLineEdit{parent} {
    setObjectName("workloadArgument");
    setAccessibleName(tr("Argument of the workload"));
    setMinimumWidth(fontMetrics().horizontalAdvance("1000000") + 16);
    setMaximumWidth(fontMetrics().horizontalAdvance("/usr/share/common-licenses") + 32);
    connect(this, &QLineEdit::textChanged, this, &ArgumentField::retract);
}

ArgumentField::~ArgumentField() {
    delete m_message;
}

void ArgumentField::explain(const QString& mistake) {
    retract();
    m_message = new QLabel{mistake, window()};
    m_message->setObjectName("workloadMessage");
    m_message->setTextFormat(Qt::PlainText);
    m_message->setAutoFillBackground(true);
    m_message->setBackgroundRole(QPalette::ToolTipBase);
    m_message->setForegroundRole(QPalette::ToolTipText);
    m_message->setFrameStyle(QFrame::Box | QFrame::Plain);
    m_message->setMargin(margin);
    m_message->installEventFilter(this);
    placeMessage();
    m_message->show();
    setAccessibleDescription(mistake);
    setFocus(Qt::OtherFocusReason);
}

void ArgumentField::retract() {
    delete m_message;
    setAccessibleDescription({});
}

// Below the field; moved to the left, then wrapped, where the window ends.
void ArgumentField::placeMessage() {
    if (m_message == nullptr)
        return;
    const int room = window()->width() - 2 * margin;
    m_message->setWordWrap(m_message->sizeHint().width() > room);
    const int width = std::min(m_message->sizeHint().width(), room);
    const int height = m_message->wordWrap() ? m_message->heightForWidth(room) : m_message->sizeHint().height();
    const QPoint below = mapTo(window(), QPoint{0, this->height() + 2});
    m_message->setGeometry(std::clamp(below.x(), margin, margin + room - width), below.y(), m_message->wordWrap() ? room : width,
                           height);
    m_message->raise();
}

void ArgumentField::focusOutEvent(QFocusEvent* event) {
    if (event->reason() != Qt::ActiveWindowFocusReason && event->reason() != Qt::PopupFocusReason)
        retract();
    QLineEdit::focusOutEvent(event);
}

void ArgumentField::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && m_message != nullptr)
        retract();
    else
        QLineEdit::keyPressEvent(event);
}

void ArgumentField::moveEvent(QMoveEvent* event) {
    QLineEdit::moveEvent(event);
    placeMessage();
}

void ArgumentField::resizeEvent(QResizeEvent* event) {
    QLineEdit::resizeEvent(event);
    placeMessage();
}

bool ArgumentField::eventFilter(QObject* watched, QEvent* event) {
    if (watched != m_message || event->type() != QEvent::MouseButtonPress)
        return QLineEdit::eventFilter(watched, event);
    m_message->hide(); // deleted later: it is in the middle of its event
    m_message->deleteLater();
    m_message = nullptr;
    return true;
}

} // namespace fiberscope::app
