// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/child_request.hpp"
#include "model/gui_relay.hpp"
#include "model/sampler.hpp"

#include <QObject>
#include <QString>

class QMenu;
class QWidget;

namespace fiberscope::widgets {

/// Asks supervisors to terminate, restart and delete their children. Nothing here waits: an answer comes when the
/// supervisor has one, which takes as long as the shutdown of a child does.
/// **Thread:** GUI thread.
class ChildCommands : public QObject {
    Q_OBJECT

public:
    ChildCommands(Sampler& sampler, QWidget& window);

    /// Adds the entries for a child: those that make no sense now are disabled and say why. Their target is the child
    /// given, whatever the tree does while the menu is open.
    void addTo(QMenu& menu, const SupervisedChild& child);
    /// Asks, after a question where other processes end with the child.
    void request(ChildRequest request, const SupervisedChild& child);

signals:
    /// Something to tell at the place for it, rich text.
    void notice(const QString& text);
    /// An answer has come: the tree is another one.
    void answered();

private:
    void confirmTermination(const SupervisedChild& child);
    void send(ChildRequest request, const SupervisedChild& child);
    template <class Message>
    void call(ChildRequest request, const SupervisedChild& child);
    void take(ChildRequest request, const SupervisedChild& child, const ChildAnswer& answer);

    Sampler& m_sampler;
    QWidget& m_window;
    GuiRelay m_relay{this}; ///< last: goes first
};

} // namespace fiberscope::widgets
