// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/help_dialogs.hpp"

#include <QCoreApplication>
#include <QMessageBox>

namespace fiberscope::widgets {

namespace {

QString translated(const char* text) {
    return QCoreApplication::translate("fiberscope::widgets::Help", text);
}

struct Shortcut {
    const char *keys, *meaning;
};

constexpr Shortcut shortcuts[] = {
    {"Ctrl+R, F5", "Refresh now"},
    {"F6, Space", "Pause, go on"},
    {"Ctrl+K, Ctrl+F, /", "The filter of the tab (/: not in a text field)"},
    {"Esc", "Clear the filter"},
    {"0 to 9", "Jump to a process by the number in its pid"},
    {"Home, End", "First row, last row; in the log, End follows what comes"},
    {"Enter", "Process information"},
    {"Menu", "What can be done to the selected row or box"},
    {"Del", "Kill the selected processes"},
    {"Ctrl+C", "Copy the selected rows"},
    {"Ctrl+A", "Select all rows"},
    {"Alt+1 to Alt+6", "The tab of this number"},
    {"Ctrl+Tab, Ctrl+Shift+Tab", "Next tab, previous tab"},
    {"Ctrl+Q", "Quit"},
};

void open(QWidget& window, const char* name, const QString& title, const QString& text) {
    auto* box = new QMessageBox{QMessageBox::NoIcon, title, text, QMessageBox::Close, &window};
    box->setObjectName(QLatin1String{name});
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::RichText);
    box->open();
}

} // namespace

void showAbout(QWidget& window) {
    const auto text =
        translated("<h3>Fiberscope %1</h3><p>An observer for a runtime of lightweight processes in C++: supervised, "
                   "preemptively scheduled, talking by messages.</p><p>Laid out as Erlang/OTP's observer. Free software: "
                   "GPL 3 or later; the runtime alone is under the Boost Software License.</p>");
    open(window, "about", translated("About Fiberscope"), text.arg(QCoreApplication::applicationVersion()));
}

void showShortcuts(QWidget& window) {
    QString rows;
    for (const auto& [keys, meaning] : shortcuts)
        rows += QStringLiteral("<tr><td style=\"padding-right:24px\"><b>%1</b></td><td>%2</td></tr>")
                    .arg(translated(keys), translated(meaning));
    open(window, "shortcuts", translated("Keyboard Shortcuts"), QStringLiteral("<table cellpadding=\"2\">%1</table>").arg(rows));
}

} // namespace fiberscope::widgets
