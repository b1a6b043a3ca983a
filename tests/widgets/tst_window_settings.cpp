// SPDX-License-Identifier: GPL-3.0-or-later
#include <fiberscope/widgets/observer_window.hpp>

#include <fiberscope/fiberscope.hpp>

#include <QAction>
#include <QCheckBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QSlider>
#include <QStyleOption>
#include <QTabBar>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

/// What is kept from one run to the next, and where the window stands.
class TestWindowSettings : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, m_folder->path());
        QCoreApplication::setOrganizationName("fiberscope");
        QCoreApplication::setApplicationName("tst_window_settings");
        open();
        m_chosenSize = m_window->minimumSize();
    }
    void cleanup() { m_window.reset(); }

    void whatThePersonChoosesIsKept() {
        clickTab("Log");
        chooseInterval(7);
        m_window->resize(m_chosenSize);
        reopen();
        QCOMPARE(m_window->currentTab(), "Log");
        QCOMPARE(m_window->refreshInterval(), 7000ms);
        QCOMPARE(m_window->size(), m_chosenSize);
    }

    /// Also where the last run ended on another tab: keys such as Del are of the table, not of its filter.
    void theProcessesTabLeadsToItsTable() {
        clickTab("Log");
        reopen();
        clickTab("Processes");
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTRY_VERIFY(m_window->findChild<QWidget*>("processTable")->hasFocus());
    }

    void anEmptyCheckBoxIsSeenInTheDark() {
        clickTab("Log");
        m_window->findChild<QAction*>("theme-dark")->trigger();
        auto* box = m_window->findChild<QCheckBox*>("logNormalExits");
        QTRY_VERIFY(box->palette().color(QPalette::Window).lightnessF() < 0.3F);
        QStyleOptionButton option;
        option.initFrom(box);
        const QRect indicator = box->style()->subElementRect(QStyle::SE_CheckBoxIndicator, &option, box);
        const QImage picture = box->grab(indicator).toImage();
        float brightest = 0;
        for (int x = 0; x < picture.width(); ++x)
            brightest = std::max(brightest, picture.pixelColor(x, 0).lightnessF());
        m_window->findChild<QAction*>("theme-desktop")->trigger();
        QVERIFY2(brightest > 0.4F, qPrintable(QString::number(brightest)));
    }

    void menusHaveEdgesAndSeparatorsInTheDark_data() {
        QTest::addColumn<bool>("isOfDesktop");
        QTest::newRow("the dark theme") << false;
        QTest::newRow("a dark desktop") << true;
    }
    void menusHaveEdgesAndSeparatorsInTheDark() {
        QFETCH(bool, isOfDesktop);
        QMenu menu;
        if (isOfDesktop)
            menu.setPalette(QPalette{QColor{0x33, 0x36, 0x3b}});
        else
            m_window->findChild<QAction*>("theme-dark")->trigger();
        menu.addAction("one");
        const auto* separator = menu.addSeparator();
        menu.addAction("two");
        menu.ensurePolished();
        menu.resize(menu.sizeHint());
        const QImage picture = menu.grab().toImage();
        const QRect inMenu = menu.actionGeometry(const_cast<QAction*>(separator));
        const QRect line{inMenu.topLeft() * picture.devicePixelRatio(), inMenu.size() * picture.devicePixelRatio()};
        float brightest = 0;
        for (int y = line.top(); y <= line.bottom(); ++y)
            brightest = std::max(brightest, picture.pixelColor(line.center().x(), y).lightnessF());
        const float edge = picture.pixelColor(picture.width() / 2, 0).lightnessF();
        m_window->findChild<QAction*>("theme-desktop")->trigger();
        QVERIFY2(brightest > 0.4F, qPrintable(QString::number(brightest)));
        QVERIFY2(edge > 0.4F, qPrintable(QString::number(edge)));
    }

    void whatTheProgramSetsIsForThisRun() {
        clickTab("Log");
        chooseInterval(7);
        m_window->resize(m_chosenSize);
        reopen();
        m_window->setRefreshInterval(200ms);
        m_window->setCurrentTab("System");
        m_window->setSize({300, 250});
        QCOMPARE(m_window->size(), QSize(300, 250));
        reopen();
        QCOMPARE(m_window->currentTab(), "Log");
        QCOMPARE(m_window->refreshInterval(), 7000ms);
        QCOMPARE(m_window->size(), m_chosenSize);
    }

    void whatIsChosenAfterwardsIsKept() {
        m_window->setRefreshInterval(200ms);
        m_window->setCurrentTab("System");
        m_window->setSize({300, 250});
        clickTab("Log");
        chooseInterval(7);
        m_window->resize(m_chosenSize);
        reopen();
        QCOMPARE(m_window->currentTab(), "Log");
        QCOMPARE(m_window->refreshInterval(), 7000ms);
        QCOMPARE(m_window->size(), m_chosenSize);
    }

    void theFirstWindowFitsTheScreen() {
        QVERIFY2(fits(), qPrintable(places()));
        QVERIFY(m_window->minimumWidth() <= m_window->width() && m_window->minimumHeight() <= m_window->height());
    }

    /// As after a run at a larger screen, or at a smaller scale.
    void aRestoredWindowFitsTheScreen() {
        const QSize screen = m_window->screen()->availableSize();
        m_window->setGeometry({QPoint{screen.width() / 2, screen.height() / 2}, screen * 2});
        reopen();
        QVERIFY2(fits(), qPrintable(places()));
    }

    void aWindowOfAProcessFitsTheScreen() {
        m_window->showProcessInfo(m_node.whereis("logger"));
        auto* window = m_window->findChild<QWidget*>("processInfoWindow");
        QVERIFY(QTest::qWaitForWindowExposed(window));
        const QSize screen = window->screen()->availableSize();
        QVERIFY(window->frameSize().boundedTo(screen) == window->frameSize());
    }

    /// As --refresh 0.3 sets it.
    void theDialogShowsAndKeepsWhatIsSet() {
        m_window->setRefreshInterval(300ms);
        m_window->findChild<QAction*>("refreshInterval")->trigger();
        auto* dialog = m_window->findChild<QDialog*>("refreshIntervalDialog");
        auto* field = dialog->findChild<QDoubleSpinBox*>("refreshInterval");
        QCOMPARE(field->text(), "0.3 s");
        QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok), Qt::LeftButton);
        QCOMPARE(m_window->refreshInterval(), 300ms);
        field->setValue(0.01); // less than the window takes
        QCOMPARE(field->value(), 0.1);
        dialog->findChild<QSlider*>("refreshSeconds")->setValue(7);
        QCOMPARE(field->value(), 7.0);
        delete dialog;
    }

    void thatNothingIsRefreshedIsSaid() {
        auto* said = m_window->findChild<QLabel*>("refreshOff");
        QVERIFY(!said->isVisible());
        chooseInterval(0);
        QVERIFY(said->isVisible());
        reopen();
        QVERIFY(m_window->findChild<QLabel*>("refreshOff")->isVisible());
        chooseInterval(2);
        QVERIFY(!m_window->findChild<QLabel*>("refreshOff")->isVisible());
    }

    void aBrokenIntervalIsNotTaken_data() {
        QTest::addColumn<QString>("kept");
        QTest::addColumn<int>("milliseconds");
        QTest::newRow("negative") << "-7" << 1000;
        QTest::newRow("too long") << "99999999999" << 1000;
        QTest::newRow("too short") << "99" << 1000;
        QTest::newRow("no number") << "abc" << 1000;
        QTest::newRow("off") << "0" << 0;
        QTest::newRow("shortest") << "100" << 100;
        QTest::newRow("longest") << "3600000" << 3'600'000;
    }
    void aBrokenIntervalIsNotTaken() {
        QFETCH(QString, kept);
        QFETCH(int, milliseconds);
        m_window.reset();
        QSettings{}.setValue("window/refreshMs", kept);
        open();
        QCOMPARE(m_window->refreshInterval(), std::chrono::milliseconds{milliseconds});
        reopen();
        QCOMPARE(QSettings{}.value("window/refreshMs").toInt(), milliseconds);
    }

private:
    void open() {
        m_window = std::make_unique<ObserverWindow>(m_node, ObserverWindow::Remember::yes);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void reopen() {
        m_window->close();
        m_window.reset();
        open();
    }
    void clickTab(const QString& name) {
        auto* bar = m_window->findChild<QTabWidget*>("tabs")->tabBar();
        const auto tab = static_cast<int>(m_window->tabNames().indexOf(name));
        QTest::mouseClick(bar, Qt::LeftButton, {}, bar->tabRect(tab).center());
        QCOMPARE(m_window->currentTab(), name);
    }
    /// Seconds, by the dialog; 0: off.
    void chooseInterval(int seconds) {
        m_window->findChild<QAction*>("refreshInterval")->trigger();
        auto* dialog = m_window->findChild<QDialog*>("refreshIntervalDialog");
        dialog->findChild<QCheckBox*>("periodicalRefresh")->setChecked(seconds > 0);
        if (seconds > 0)
            dialog->findChild<QSlider*>("refreshSeconds")->setValue(seconds);
        QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok), Qt::LeftButton);
        QCOMPARE(m_window->refreshInterval(), std::chrono::seconds{seconds});
        delete dialog;
    }
    bool fits() const { return m_window->screen()->availableGeometry().contains(m_window->frameGeometry()); }
    QString places() const {
        QString text;
        QDebug{&text} << m_window->frameGeometry() << "on" << m_window->screen()->availableGeometry();
        return text;
    }

    Node m_node{{.schedulers = 1}};
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ObserverWindow> m_window;
    QSize m_chosenSize;
};

QTEST_MAIN(TestWindowSettings)
#include "tst_window_settings.moc"
