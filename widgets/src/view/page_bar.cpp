// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page_bar.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>

#include <algorithm>

namespace fiberscope::widgets {

PageBar::PageBar(const QString& name, const QString& order, QWidget* parent)
    : QWidget{parent}, m_order{order}, m_position{new QLabel{this}} {
    setObjectName(name);
    auto* layout = new QHBoxLayout{this};
    layout->setContentsMargins(8, 4, 8, 4);
    layout->addWidget(m_position, 1);
    m_position->setObjectName(name + QStringLiteral("Position"));
    m_toFirst = makeButton("First", tr("First"), tr("The first page"));
    m_toPrevious = makeButton("Previous", tr("Previous"), tr("The page before"));
    m_toNext = makeButton("Next", tr("Next"), tr("The page after"));
    m_toLast = makeButton("Last", tr("Last"), tr("The last page"));
    connect(m_toFirst, &QToolButton::clicked, this, [this] { turnTo(0); });
    connect(m_toPrevious, &QToolButton::clicked, this, [this] { turnTo(m_first - std::min(m_first, pageSize)); });
    connect(m_toNext, &QToolButton::clicked, this, [this] { turnTo(m_first + pageSize); });
    connect(m_toLast, &QToolButton::clicked, this, [this] { turnTo(lastPage()); });
    showCounts(0, 0);
}

QToolButton* PageBar::makeButton(const char* what, const QString& text, const QString& tip) {
    auto* button = new QToolButton{this};
    button->setObjectName(objectName() + QLatin1String{what});
    button->setText(text);
    button->setToolTip(tip);
    layout()->addWidget(button);
    return button;
}

void PageBar::turnTo(std::size_t first) {
    m_first = first;
    emit turned();
}

bool PageBar::showCounts(std::size_t shown, std::size_t total) {
    m_total = total;
    if (m_first > lastPage()) {
        turnTo(lastPage());
        return false;
    }
    const auto number = [](std::size_t value) { return QLocale{}.toString(static_cast<qulonglong>(value)); };
    const QString position = tr("%1 to %2 of %3").arg(number(m_first + 1), number(m_first + shown), number(total));
    m_position->setText(m_order.isEmpty() ? position : tr("%1, %2").arg(position, m_order));
    m_toFirst->setEnabled(m_first > 0);
    m_toPrevious->setEnabled(m_first > 0);
    m_toNext->setEnabled(m_first < lastPage());
    m_toLast->setEnabled(m_first < lastPage());
    setVisible(total > pageSize);
    return true;
}

} // namespace fiberscope::widgets
