// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_history.hpp"
#include "model/sampler.hpp"
#include "model/system_facts.hpp"
#include "view/observer_page.hpp"

#include <QElapsedTimer>

class QLabel;

namespace fiberscope::widgets {

/// Tab "System": the node and the machine in observer's boxes. Values change once a second while it is shown.
/// **Thread:** GUI thread.
class SystemPage : public ObserverPage {
    Q_OBJECT

public:
    explicit SystemPage(Sampler& sampler, QWidget* parent = nullptr);

    QString title() const override { return tr("System"); }
    void setActive(bool active) override;
    QString statusText() const override;

private:
    struct Row {
        SystemFact fact;
        QLabel* value;
    };

    QWidget* addBox(const SystemBox& box);
    void takeSample(const LoadSample& sample);
    void showValues();

    LoadHistory m_history;
    LoadSample m_last;
    std::uint64_t m_eventsLost = 0;
    QElapsedTimer m_sinceShown;
    bool m_isActive = false;
    QList<Row> m_rows;
};

} // namespace fiberscope::widgets
