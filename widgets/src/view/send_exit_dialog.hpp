// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/term.hpp>

#include <QDialog>

class QLabel;
class QLineEdit;

namespace fiberscope::widgets {

/// Asks for the reason of an exit signal: an Erlang term. OK closes it only when the term can be read.
/// **Thread:** GUI thread.
class SendExitDialog : public QDialog {
    Q_OBJECT

public:
    /// `target`: whom it goes to, in words. `node`: the node that pids in the term belong to.
    SendExitDialog(const QString& target, std::uint32_t node, QWidget* parent);

    /// Defined once it was accepted.
    const fiberscope::ExitReason& reason() const noexcept { return m_reason; }

    void accept() override;

private:
    void clearError();

    std::uint32_t m_node;
    QLineEdit* m_text;
    QLabel* m_error;
    fiberscope::ExitReason m_reason;
};

} // namespace fiberscope::widgets
