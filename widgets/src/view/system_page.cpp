// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/system_page.hpp"

#include "model/number_text.hpp"

#include <fiberscope/node.hpp>

#include <QFormLayout>
#include <QGridLayout>
#include <QGroupBox>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

namespace fiberscope::widgets {

namespace {
/// Samples come every half second; a reader wants a second.
constexpr qint64 refreshMs = 900;
/// Numbers of the boxes in the left column, so that both are about as long.
const QList<qsizetype> leftBoxes{0, 5, 6};
constexpr int nameWidth = 25; ///< in letters
} // namespace

SystemPage::SystemPage(Sampler& sampler, QWidget* parent) : ObserverPage{parent} {
    setObjectName(QStringLiteral("systemPage"));
    auto* content = new QWidget;
    auto* columns = new QHBoxLayout{content};
    columns->setContentsMargins(10, 10, 10, 10);
    columns->setSpacing(14);
    auto* left = new QVBoxLayout;
    auto* right = new QVBoxLayout;
    const QList<SystemBox> boxes = systemBoxes();
    for (qsizetype i = 0; i < boxes.size(); ++i) {
        QVBoxLayout* column = leftBoxes.contains(i) ? left : right;
        column->addWidget(addBox(boxes[i]));
        column->addSpacing(6);
    }
    left->addStretch();
    right->addStretch();
    columns->addLayout(left, 1);
    columns->addLayout(right, 1);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    connect(&sampler, &Sampler::loadSampled, this, &SystemPage::takeSample);
    connect(&sampler, &Sampler::eventsArrived, this, [this](const EventsSample& batch) { m_eventsLost += batch->lost; });
}

QWidget* SystemPage::addBox(const SystemBox& box) {
    auto* group = new QGroupBox{box.title};
    auto* form = new QFormLayout{group};
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    form->setVerticalSpacing(4);
    for (const SystemFact& fact : box.facts) {
        auto* name = new QLabel{fact.name + QLatin1Char{':'}};
        name->setMinimumWidth(name->fontMetrics().averageCharWidth() * nameWidth);
        name->setToolTip(fact.explanation);
        auto* value = new QLabel;
        value->setObjectName(fact.name);
        value->setAccessibleName(fact.name);
        value->setToolTip(fact.explanation);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        value->setTextFormat(Qt::PlainText);
        value->setWordWrap(true);
        form->addRow(name, value);
        m_rows.append(Row{fact, value});
    }
    return group;
}

void SystemPage::setActive(bool active) {
    m_isActive = active;
    if (!active)
        return;
    showValues();
}

QString SystemPage::statusText() const {
    return m_last ? tr("Number of Processes: %1").arg(countText(m_last->node.process_count)) : QString{};
}

void SystemPage::takeSample(const LoadSample& sample) {
    m_history.add(*sample);
    m_last = sample;
    if (m_isActive && (!m_sinceShown.isValid() || m_sinceShown.elapsed() >= refreshMs))
        showValues();
}

void SystemPage::showValues() {
    if (!m_last)
        return;
    m_sinceShown.start();
    const LoadPoint* rates = m_history.isEmpty() ? nullptr : &m_history.last();
    const SystemSource source{m_last->node, rates, m_eventsLost};
    for (const Row& row : m_rows) {
        const QString text = row.fact.value(source);
        // a changed text drops the reader's selection, an equal one must not
        if (row.value->text() != text)
            row.value->setText(text);
    }
    emit statusTextChanged(statusText());
}

} // namespace fiberscope::widgets
