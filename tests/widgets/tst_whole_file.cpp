// SPDX-License-Identifier: GPL-3.0-or-later
#include <fiberscope/widgets/whole_file.hpp>

#include <QDir>
#include <QFile>
#include <QIODevice>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>

using namespace fiberscope::widgets;

namespace {

QString write(const QString& name, const QByteArray& bytes) {
    return writeWhole(name, [&](QIODevice& file) { return file.write(bytes) == bytes.size(); });
}

QByteArray contentOf(const QString& name) {
    QFile file{name};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{"not to be read"};
}

/// A limit that a write runs into, as into the end of a disk.
class SmallFiles {
public:
    explicit SmallFiles(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit small{bytes, m_before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
    }
    ~SmallFiles() { setrlimit(RLIMIT_FSIZE, &m_before); }

private:
    rlimit m_before{};
};

} // namespace

class TestWholeFile : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void cleanup() {
        for (const QString& name : QDir{m_folder->path()}.entryList(QDir::AllEntries | QDir::Hidden | QDir::System))
            QVERIFY2(!name.startsWith(".fiberscope"), qPrintable(name));
        m_folder.reset();
    }

    void writesANewFile() {
        QCOMPARE(write(path("new"), "text"), QString{});
        QCOMPARE(contentOf(path("new")), QByteArray{"text"});
        const mode_t mask = ::umask(0);
        ::umask(mask);
        struct stat info {};
        QCOMPARE(::stat(qPrintable(path("new")), &info), 0);
        QCOMPARE(info.st_mode & 07777, 0666 & ~mask);
    }

    void replacesAFileAndKeepsItsMode() {
        QCOMPARE(write(path("old"), "old"), QString{});
        ::chmod(qPrintable(path("old")), 0640);
        QCOMPARE(findWriteObstacle(path("old")), QString{});
        QCOMPARE(contentOf(path("old")), QByteArray{"old"});
        QCOMPARE(write(path("old"), QByteArray(200'000, 'n')), QString{});
        QCOMPARE(contentOf(path("old")), QByteArray(200'000, 'n'));
        struct stat info {};
        QCOMPARE(::stat(qPrintable(path("old")), &info), 0);
        QCOMPARE(info.st_mode & 07777, 0640U);
    }

    void aFullDiskKeepsWhatWasThere_data() {
        QTest::addColumn<int>("size");
        QTest::newRow("less than a buffer") << 5000;
        QTest::newRow("more than a buffer") << 500'000;
    }
    void aFullDiskKeepsWhatWasThere() {
        QFETCH(int, size);
        QCOMPARE(write(path("kept"), "old"), QString{});
        const SmallFiles limit{4000};
        QCOMPARE(write(path("kept"), QByteArray(size, 'n')), path("kept") + " cannot be written: File too large");
        QCOMPARE(contentOf(path("kept")), QByteArray{"old"});
        QCOMPARE(write(path("none"), QByteArray(size, 'n')), path("none") + " cannot be written: File too large");
        QVERIFY(!QFile::exists(path("none")));
    }

    void aLinkStaysALink() {
        QCOMPARE(write(path("target"), "old"), QString{});
        QVERIFY(QFile::link("target", path("link")));
        QVERIFY(QFile::link("not there yet", path("early")));
        QCOMPARE(write(path("link"), "new"), QString{});
        QCOMPARE(write(path("early"), "first"), QString{});
        QVERIFY(QFileInfo{path("link")}.isSymLink());
        QCOMPARE(contentOf(path("target")), QByteArray{"new"});
        QCOMPARE(contentOf(path("not there yet")), QByteArray{"first"});
    }

    void refusesWhatIsNoFile() {
        QVERIFY(QDir{m_folder->path()}.mkdir("folder"));
        QVERIFY(QFile::link("round", path("round")));
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const QByteArray name = path("socket").toLocal8Bit();
        std::copy(name.begin(), name.end(), address.sun_path);
        QCOMPARE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        const auto isRefused = [&](const QString& what, const QString& why) {
            const QString line = QStringLiteral("%1 cannot be written: %2").arg(path(what), why);
            return write(path(what), "text") == line && findWriteObstacle(path(what)) == line;
        };
        QVERIFY(isRefused("folder", "Is a directory"));
        QVERIFY(isRefused("socket", "it is a socket"));
        QVERIFY(isRefused("round", "Too many levels of symbolic links"));
        QVERIFY(isRefused("no/such", "No such file or directory"));
        QVERIFY(QFileInfo{path("folder")}.isDir());
        QVERIFY(QFileInfo::exists(path("socket")));
        ::close(socket);
    }

    void aFifoIsWrittenStraight() {
        QCOMPARE(::mkfifo(qPrintable(path("fifo")), 0600), 0);
        QCOMPARE(findWriteObstacle(path("fifo")), QString{});
        QProcess reader;
        reader.start("wc", {"-c", path("fifo")});
        QCOMPARE(write(path("fifo"), QByteArray(300'000, 'n')), QString{});
        QVERIFY(reader.waitForFinished());
        QVERIFY(reader.readAllStandardOutput().startsWith("300000 "));
        struct stat info {};
        QCOMPARE(::stat(qPrintable(path("fifo")), &info), 0);
        QVERIFY(S_ISFIFO(info.st_mode));
    }

    void anOpenFileIsWrittenStraight() {
        QFile file{path("open")};
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.write("before ");
        file.flush();
        QCOMPARE(write(QStringLiteral("/dev/fd/%1").arg(file.handle()), "after"), QString{});
        QCOMPARE(contentOf(path("open")), QByteArray{"before after"});
    }

private:
    QString path(const QString& name) const { return m_folder->filePath(name); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestWholeFile)
#include "tst_whole_file.moc"
