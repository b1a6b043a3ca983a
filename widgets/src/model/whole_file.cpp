// SPDX-License-Identifier: GPL-3.0-or-later
#include <fiberscope/widgets/whole_file.hpp>

#include <QCoreApplication>
#include <QFile>
#include <QIODevice>
#include <QRandomGenerator>
#include <QThread>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace fiberscope::widgets {

namespace {

constexpr mode_t newFileMode = 0666; ///< less the umask
constexpr int mostLinks = 40;        ///< as the kernel
constexpr int mostTries = 100;       ///< for a name that no other file has
constexpr int waitMs = 20;           ///< between two looks for a reader, or for an interruption
constexpr qsizetype bufferBytes = 64 * 1024;

QString translated(const char* text) {
    return QCoreApplication::translate("fiberscope::widgets::WholeFile", text);
}

QString textOf(int error) {
    return QString::fromStdString(std::generic_category().message(error));
}

QByteArray folderOf(const QByteArray& path) {
    const auto slash = path.lastIndexOf('/');
    return slash < 0 ? QByteArray{"."} : path.left(std::max<qsizetype>(1, slash));
}

QByteArray realFolder(const QByteArray& folder) {
    const std::unique_ptr<char, decltype(&std::free)> real{::realpath(folder.constData(), nullptr), &std::free};
    return QByteArray{real.get()};
}

/// The open file that `/dev/fd/3` and its like name; -1: it is no such name.
int descriptorOf(const QByteArray& path) {
    bool isNumber = false;
    const int number = path.mid(path.lastIndexOf('/') + 1).toInt(&isNumber);
    const bool isOne = isNumber && number >= 0 && realFolder(folderOf(path)) == realFolder("/proc/self/fd");
    return isOne ? number : -1;
}

/// What a name stands for, once all links are followed.
struct Target {
    enum class Kind {
        file,       ///< there, or not yet
        stream,     ///< written as it comes
        descriptor, ///< open already
    };

    Kind kind = Kind::file;
    QByteArray path;
    int descriptor = -1;
    mode_t mode = 0;  ///< of a file that is there; 0: there is none
    QString obstacle; ///< why it cannot be written; empty: nothing is known
};

Target refused(const QString& why) {
    Target target;
    target.obstacle = why;
    return target;
}

Target targetOf(int descriptor) {
    Target target;
    target.kind = Target::Kind::descriptor;
    target.descriptor = descriptor;
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        target.obstacle = textOf(EBADF);
    return target;
}

Target targetOf(const QByteArray& path, const struct stat& info) {
    if (S_ISDIR(info.st_mode))
        return refused(textOf(EISDIR));
    if (S_ISSOCK(info.st_mode))
        return refused(translated("it is a socket"));
    if (S_ISBLK(info.st_mode))
        return refused(translated("it is a block device"));
    Target target;
    target.path = path;
    target.kind = S_ISREG(info.st_mode) ? Target::Kind::file : Target::Kind::stream;
    target.mode = info.st_mode & 07777;
    if (::access(path.constData(), W_OK) != 0)
        target.obstacle = textOf(errno);
    return target;
}

/// Follows links by itself: one may name an open file, or a file that is not there yet.
Target targetOf(const QString& name) {
    if (name == QLatin1String{"-"})
        return targetOf(STDOUT_FILENO);
    QByteArray path = QFile::encodeName(name);
    for (int links = 0; links < mostLinks; ++links) {
        if (const int descriptor = descriptorOf(path); descriptor >= 0)
            return targetOf(descriptor);
        struct stat info {};
        if (::lstat(path.constData(), &info) != 0) {
            Target target;
            target.path = path;
            if (errno != ENOENT)
                target.obstacle = textOf(errno);
            return target;
        }
        if (!S_ISLNK(info.st_mode))
            return targetOf(path, info);
        QByteArray link(PATH_MAX, '\0');
        link.truncate(std::max<ssize_t>(0, ::readlink(path.constData(), link.data(), PATH_MAX)));
        path = link.startsWith('/') ? link : folderOf(path) + '/' + link;
    }
    return refused(textOf(ELOOP));
}

bool isInterrupted() {
    return QThread::currentThread()->isInterruptionRequested();
}

/// The first error stays; what is written after it goes nowhere.
class Output final : public QIODevice {
public:
    explicit Output(const Target& target) : m_target{target} {
        openTarget();
        open(QIODevice::WriteOnly | QIODevice::Unbuffered);
    }
    ~Output() override {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
        if (!m_temporary.isEmpty())
            ::unlink(m_temporary.constData());
    }

    bool isSequential() const override { return true; }
    int error() const { return m_error; }
    void finish();

protected:
    qint64 readData(char*, qint64) override { return -1; }
    qint64 writeData(const char* data, qint64 size) override;

private:
    void openTarget();
    void openTemporary();
    void openStream();
    void flush();
    /// False, with the error kept, if the descriptor takes nothing more.
    bool waitForRoom();
    bool fail(int error) {
        if (m_error == 0)
            m_error = error;
        return false;
    }

    const Target& m_target;
    QByteArray m_temporary; ///< beside the target; empty: none
    QByteArray m_buffer;
    int m_descriptor = -1;
    int m_error = 0;
};

void Output::openTarget() {
    switch (m_target.kind) {
    case Target::Kind::file: return openTemporary();
    case Target::Kind::stream: return openStream();
    case Target::Kind::descriptor: m_descriptor = ::fcntl(m_target.descriptor, F_DUPFD_CLOEXEC, 0);
    }
    if (m_descriptor < 0)
        fail(errno);
}

void Output::openTemporary() {
    for (int tries = 0; m_descriptor < 0 && tries < mostTries; ++tries) {
        const auto number = QByteArray::number(QRandomGenerator::global()->generate64(), 36);
        m_temporary = folderOf(m_target.path) + "/.fiberscope-" + number;
        m_descriptor = ::open(m_temporary.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, newFileMode);
        if (m_descriptor < 0 && errno != EEXIST)
            break;
    }
    if (m_descriptor < 0) {
        fail(errno);
        m_temporary.clear();
    } else if (m_target.mode != 0 && ::fchmod(m_descriptor, m_target.mode) != 0) {
        fail(errno);
    }
}

/// A FIFO without a reader refuses: asked again and again, so that an interruption is heard.
void Output::openStream() {
    do {
        m_descriptor = ::open(m_target.path.constData(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (m_descriptor >= 0)
            return;
        if (errno == ENXIO && !isInterrupted())
            ::poll(nullptr, 0, waitMs);
    } while (errno == EINTR || (errno == ENXIO && !isInterrupted()));
    fail(isInterrupted() ? ECANCELED : errno);
}

qint64 Output::writeData(const char* data, qint64 size) {
    m_buffer.append(data, size);
    if (m_buffer.size() >= bufferBytes)
        flush();
    return size; // libraries that are told of an error would report it a second time
}

bool Output::waitForRoom() {
    if (m_target.kind == Target::Kind::file)
        return true;
    pollfd waiting{m_descriptor, POLLOUT, 0};
    while (::poll(&waiting, 1, waitMs) <= 0)
        if (isInterrupted())
            return fail(ECANCELED);
    return true;
}

void Output::flush() {
    // a pipe that polls as ready takes so much at once, and no more for certain
    const qsizetype most = m_target.kind == Target::Kind::file ? m_buffer.size() : qsizetype{PIPE_BUF};
    qsizetype at = 0;
    while (m_error == 0 && at < m_buffer.size() && waitForRoom()) {
        const auto size = static_cast<std::size_t>(std::min(most, m_buffer.size() - at));
        const ssize_t written = ::write(m_descriptor, m_buffer.constData() + at, size);
        if (written > 0)
            at += written;
        else if (written < 0 && errno != EINTR && errno != EAGAIN)
            fail(errno);
    }
    m_buffer.clear();
}

/// Some disks say only now that they are full.
void Output::finish() {
    flush();
    if (m_error != 0)
        return;
    if (!m_temporary.isEmpty() && ::fsync(m_descriptor) != 0)
        fail(errno);
    if (::close(std::exchange(m_descriptor, -1)) != 0)
        fail(errno);
    if (m_error != 0 || m_temporary.isEmpty())
        return;
    if (::rename(m_temporary.constData(), m_target.path.constData()) != 0)
        fail(errno);
    else
        m_temporary.clear();
}

QString lineOf(const QString& name, const QString& why) {
    const QString what = name == QLatin1String{"-"} ? translated("standard output") : name;
    return why.isEmpty() ? QString{} : translated("%1 cannot be written: %2").arg(what, why);
}

QString textOf(const Output& output) {
    return output.error() == 0 ? QString{} : textOf(output.error());
}

} // namespace

QString writeWhole(const QString& name, const std::function<bool(QIODevice&)>& write) {
    const Target target = targetOf(name);
    if (!target.obstacle.isEmpty())
        return lineOf(name, target.obstacle);
    Output output{target};
    if (output.error() != 0)
        return lineOf(name, textOf(output));
    if (!write(output) && output.error() == 0)
        return lineOf(name, translated("there is nothing to write"));
    output.finish();
    return lineOf(name, textOf(output));
}

QString findWriteObstacle(const QString& name) {
    const Target target = targetOf(name);
    if (!target.obstacle.isEmpty() || target.kind != Target::Kind::file)
        return lineOf(name, target.obstacle);
    return lineOf(name, textOf(Output{target}));
}

} // namespace fiberscope::widgets
