// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_info_tabs.hpp"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace fiberscope::widgets {

StackTab::StackTab(QWidget* parent)
    : ProcessInfoTab{parent}, m_table{new TextTable{{tr("Function"), tr("File:LineNumber")}, {450}, this}},
      m_bar{new QWidget{this}}, m_showRuntime{new QCheckBox{tr("Show the &runtime's frames"), m_bar}} {
    m_table->setObjectName(QStringLiteral("stackTable"));
    m_showRuntime->setObjectName(QStringLiteral("showRuntimeFrames"));
    m_showRuntime->setToolTip(tr("What the runtime itself does on this stack: it called the program, and waits for it here"));
    connect(m_showRuntime, &QCheckBox::toggled, this, &StackTab::showFrames);
    auto* bar = new QHBoxLayout{m_bar};
    bar->setContentsMargins(8, 4, 8, 8);
    bar->addWidget(m_showRuntime);
    bar->addStretch();
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_bar);
}

void StackTab::show(const fiberscope::Inspection& inspection) {
    m_stack = inspection.stack;
    m_ifEmpty = tr("No frames of this process are known");
    if (inspection.status == fiberscope::Status::running)
        m_ifEmpty = tr("The process is running: its frames can be read when it stops");
    else if (m_isServer)
        m_ifEmpty = tr("An idle server: it has no stack until a message comes");
    showFrames();
}

void StackTab::showFrames() {
    const bool hasRuntime = std::any_of(m_stack.begin(), m_stack.end(), [](const fiberscope::FrameInfo& frame) {
        return frame.kind == fiberscope::FrameKind::runtime;
    });
    m_bar->setVisible(hasRuntime);
    showRows(stackRows(m_stack, m_showRuntime->isChecked()));
}

// A text has no frames of the runtime: there is nothing to fold.
void StackTab::showEnd(const fiberscope::Event& exit) {
    if (exit.stack_text.empty())
        return;
    m_bar->hide();
    showRows(stackRows(exit.stack_text));
}

void StackTab::showRows(const QList<StackRow>& rows) {
    QList<TextRow> texts;
    for (const StackRow& row : rows)
        texts += TextRow{{row.function, row.place}, {row.folded, row.path}, row.isRuntime};
    m_table->setRows(texts, m_ifEmpty);
}

} // namespace fiberscope::widgets
