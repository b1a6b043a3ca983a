// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMetaObject>
#include <QObject>

#include <memory>
#include <mutex>
#include <utility>

namespace fiberscope::widgets {

/// Hands results from runtime threads to an object of the GUI thread that may be gone when they come.
/// A member of that object; completions hold copies of `address()`.
class GuiRelay {
public:
    /// **Thread:** any thread.
    class Address {
    public:
        /// Queues `call` to the object's thread; does nothing if the object is gone.
        template <class Call>
        void post(Call&& call) const {
            const std::scoped_lock lock{m_state->mutex};
            if (m_state->target != nullptr)
                QMetaObject::invokeMethod(m_state->target, std::forward<Call>(call), Qt::QueuedConnection);
        }

    private:
        friend class GuiRelay;
        struct State {
            std::mutex mutex; ///< protects `target`; held while a call is queued, so that the target cannot go meanwhile
            QObject* target = nullptr;
        };
        std::shared_ptr<State> m_state = std::make_shared<State>();
    };

    explicit GuiRelay(QObject* target) { m_address.m_state->target = target; }
    GuiRelay(const GuiRelay&) = delete;
    GuiRelay& operator=(const GuiRelay&) = delete;
    ~GuiRelay() {
        const std::scoped_lock lock{m_address.m_state->mutex};
        m_address.m_state->target = nullptr;
    }
    const Address& address() const noexcept { return m_address; }

private:
    Address m_address;
};

} // namespace fiberscope::widgets
