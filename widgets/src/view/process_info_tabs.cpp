// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_info_tabs.hpp"

#include "model/text_format.hpp"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace fiberscope::widgets {

using fiberscope::Inspect;
using fiberscope::Inspection;

MessagesTab::MessagesTab(QWidget* parent)
    : ProcessInfoTab{parent}, m_table{new TextTable{{tr("Id"), tr("From"), tr("Type"), tr("Message")}, {60, 100, 160}, this}},
      m_previous{new QPushButton{tr("&Older"), this}}, m_next{new QPushButton{tr("&Newer"), this}}, m_position{new QLabel{this}} {
    m_table->setObjectName(QStringLiteral("messageTable"));
    m_table->keepWhole({0, 1});
    m_previous->setObjectName(QStringLiteral("olderMessages"));
    m_next->setObjectName(QStringLiteral("newerMessages"));
    connect(m_previous, &QPushButton::clicked, this, [this] { turnTo(m_first - std::min(m_first, pageSize)); });
    connect(m_next, &QPushButton::clicked, this, [this] { turnTo(m_first + pageSize); });
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 8);
    bar->addWidget(m_position, 1);
    bar->addWidget(m_previous);
    bar->addWidget(m_next);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_table, 1);
    layout->addLayout(bar);
}

void MessagesTab::turnTo(std::size_t first) {
    m_first = first;
    emit refreshWanted();
}

void MessagesTab::show(const Inspection& inspection) {
    if (m_first > 0 && m_first >= inspection.message_count) { // the mailbox shrank below this page
        turnTo(inspection.message_count == 0 ? 0 : (inspection.message_count - 1) / pageSize * pageSize);
        return;
    }
    QList<QStringList> rows;
    std::size_t id = m_first;
    for (const auto& message : inspection.messages)
        rows.push_back({QString::number(++id), pidText(message.from), toQString(message.type), printedText(message.text)});
    m_table->setRows(rows, tr("No messages were found"));
    m_previous->setEnabled(m_first > 0);
    m_next->setEnabled(m_first + pageSize < inspection.message_count);
    m_position->setText(
        rows.isEmpty() ? QString{} : tr("%1 to %2 of %3, oldest first").arg(m_first + 1).arg(id).arg(inspection.message_count));
    const bool paged = inspection.message_count > pageSize;
    m_previous->setVisible(paged);
    m_next->setVisible(paged);
}

DictionaryTab::DictionaryTab(QWidget* parent)
    : ProcessInfoTab{parent}, m_table{new TextTable{{tr("Key"), tr("Value")}, {200}, this}} {
    m_table->setObjectName(QStringLiteral("dictionaryTable"));
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_table);
}

void DictionaryTab::show(const Inspection& inspection) {
    QList<QStringList> rows;
    for (const auto& [key, value] : inspection.dictionary)
        rows.push_back({toQString(key), printedText(value)});
    m_table->setRows(rows, tr("The process dictionary is empty"));
}

StateTab::StateTab(QWidget* parent) : ProcessInfoTab{parent}, m_text{new QPlainTextEdit{this}} {
    m_text->setObjectName(QStringLiteral("stateText"));
    m_text->setAccessibleName(tr("State"));
    m_text->setReadOnly(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_text);
}

void StateTab::show(const Inspection& inspection) {
    const auto text = inspection.state.empty() ? tr("It has no state to show. A server shows what its state() returns.")
                                               : toQString(inspection.state);
    if (text != m_text->toPlainText())
        m_text->setPlainText(text);
}

} // namespace fiberscope::widgets
