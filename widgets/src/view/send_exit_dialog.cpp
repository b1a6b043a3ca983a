// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/send_exit_dialog.hpp"

#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace fiberscope::widgets {

SendExitDialog::SendExitDialog(const QString& target, std::uint32_t node, QWidget* parent)
    : QDialog{parent}, m_node{node}, m_text{new QLineEdit{QStringLiteral("kill"), this}}, m_error{new QLabel{this}} {
    setObjectName(QStringLiteral("sendExitDialog"));
    setWindowTitle(tr("Enter Exit Reason"));
    setMinimumWidth(420);
    m_text->setObjectName(QStringLiteral("exitReason"));
    m_text->setAccessibleName(tr("Exit reason"));
    m_text->setToolTip(
        tr("An Erlang term: an atom as <code>shutdown</code>, a tuple as <code>{shutdown,\"why\"}</code>, a number, "
           "a list. <code>kill</code> cannot be trapped; every other reason can."));
    m_text->selectAll();
    m_error->setObjectName(QStringLiteral("exitReasonError"));
    m_error->setWordWrap(true);
    m_error->setTextFormat(Qt::PlainText);

    auto* buttons = new QDialogButtonBox{QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this};
    buttons->setObjectName(QStringLiteral("exitReasonButtons"));
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Send"));
    connect(buttons, &QDialogButtonBox::accepted, this, &SendExitDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &SendExitDialog::reject);
    connect(m_text, &QLineEdit::textEdited, this, &SendExitDialog::clearError);

    auto* layout = new QVBoxLayout{this};
    auto* whom = new QLabel{tr("Exit signal to %1, with this reason:").arg(target), this};
    whom->setObjectName(QStringLiteral("exitTarget"));
    whom->setTextFormat(Qt::PlainText);
    whom->setWordWrap(true);
    layout->addWidget(whom);
    layout->addWidget(m_text);
    layout->addWidget(m_error);
    layout->addStretch();
    layout->addWidget(buttons);
}

void SendExitDialog::accept() {
    auto term = fiberscope::Term::parse(m_text->text().trimmed().toStdString(), m_node);
    if (!term) {
        m_error->setText(QString::fromStdString(term.error()));
        m_text->setFocus();
        return;
    }
    m_reason = fiberscope::ExitReason{std::move(*term)};
    QDialog::accept();
}

void SendExitDialog::clearError() {
    m_error->clear();
}

} // namespace fiberscope::widgets
