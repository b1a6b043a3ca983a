// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_info_tabs.hpp"

#include "model/text_format.hpp"

#include <QFontDatabase>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include <algorithm>

namespace fiberscope::widgets {

using fiberscope::Inspect;
using fiberscope::Inspection;

namespace {

/// What a tab shows, and below it the bar that turns its pages.
PageBar* addPages(ProcessInfoTab& tab, QWidget& content, const char* name, const QString& order) {
    auto* pages = new PageBar{QLatin1String{name}, order, &tab};
    QObject::connect(pages, &PageBar::turned, &tab, &ProcessInfoTab::refreshWanted);
    auto* layout = new QVBoxLayout{&tab};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(&content, 1);
    layout->addWidget(pages);
    return pages;
}

} // namespace

MessagesTab::MessagesTab(QWidget* parent)
    : ProcessInfoTab{parent}, m_table{new TextTable{{tr("Id"), tr("From"), tr("Type"), tr("Message")}, {60, 100, 160}, this}},
      m_pages{addPages(*this, *m_table, "messagePages", tr("oldest first"))} {
    m_table->setObjectName(QStringLiteral("messageTable"));
    m_table->keepWhole({0, 1});
}

void MessagesTab::show(const Inspection& inspection) {
    if (!m_pages->showCounts(inspection.messages.size(), inspection.message_count))
        return;
    QList<QStringList> rows;
    std::size_t id = m_pages->range().first;
    for (const auto& message : inspection.messages)
        rows.push_back({QString::number(++id), pidText(message.from), toQString(message.type), printedText(message.text)});
    m_table->setRows(rows, tr("No messages were found"));
}

DictionaryTab::DictionaryTab(QWidget* parent)
    : ProcessInfoTab{parent}, m_table{new TextTable{{tr("Key"), tr("Value")}, {200}, this}}, m_pages{addPages(*this, *m_table,
                                                                                                              "dictionaryPages",
                                                                                                              tr("by key"))} {
    m_table->setObjectName(QStringLiteral("dictionaryTable"));
}

void DictionaryTab::show(const Inspection& inspection) {
    if (!m_pages->showCounts(inspection.dictionary.size(), inspection.dictionary_count))
        return;
    QList<QStringList> rows;
    for (const auto& [key, value] : inspection.dictionary)
        rows.push_back({toQString(key), printedText(value)});
    m_table->setRows(rows, tr("The process dictionary is empty"));
}

StateTab::StateTab(QWidget* parent)
    : ProcessInfoTab{parent}, m_text{new QPlainTextEdit{this}}, m_pages{addPages(*this, *m_text, "statePages",
                                                                                 tr("lines of the state"))} {
    m_text->setObjectName(QStringLiteral("stateText"));
    m_text->setAccessibleName(tr("State"));
    m_text->setReadOnly(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
}

void StateTab::show(const Inspection& inspection) {
    const auto range = m_pages->range();
    if (!m_pages->showCounts(std::min(range.count, inspection.state_lines - std::min(inspection.state_lines, range.first)),
                             inspection.state_lines))
        return;
    QString text = toQString(inspection.state);
    if (!inspection.state_error.empty())
        text = tr("Its state() has thrown: %1").arg(printedText(inspection.state_error));
    else if (text.isEmpty())
        text = tr("It has no state to show. A server shows what its state() returns.");
    if (text != m_text->toPlainText())
        m_text->setPlainText(text);
}

} // namespace fiberscope::widgets
