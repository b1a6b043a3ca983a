// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump.hpp"
#include "json_writer.hpp"
#include "workloads/workload.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QBuffer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace fiberscope;
using namespace fiberscope::app;

namespace {

QJsonObject parse(const QByteArray& bytes) {
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(bytes, &error);
    if (error.error != QJsonParseError::NoError)
        qWarning() << error.errorString() << bytes.mid(error.offset - 40, 80);
    return document.object();
}

QJsonObject dumpOf(Node& node, const Snapshot& baseline) {
    const QTemporaryDir folder;
    const QString name = folder.filePath("dump.json");
    if (const QString error = writeDump(node, baseline, name); !error.isEmpty()) {
        qWarning() << error;
        return {};
    }
    QFile file{name};
    return file.open(QIODevice::ReadOnly) ? parse(file.readAll()) : QJsonObject{};
}

/// The first element of an array whose `key` has this value.
QJsonObject find(const QJsonValue& array, const QString& key, const QString& value) {
    for (const auto element : array.toArray())
        if (element[key].toString() == value)
            return element.toObject();
    return {};
}

/// Of each member: the words of its paragraph.
QMap<QString, QStringList> pageOfDump() {
    QFile page{FIBERSCOPE_MAN_PAGE};
    if (!page.open(QIODevice::ReadOnly))
        return {};
    const QString text = QString::fromUtf8(page.readAll()).section(".SH DUMP", 1).section(".SH ", 0, 0);
    static const QRegularExpression word{"[a-z_]+"};
    const auto wordsOf = [](const QString& of) {
        QStringList words;
        for (auto found = word.globalMatch(of); found.hasNext();)
            words += found.next().captured();
        return words;
    };
    QMap<QString, QStringList> members;
    for (const QString& paragraph : text.split(".TP\n").mid(1))
        for (const QString& member : wordsOf(paragraph.section('\n', 0, 0)))
            members.insert(member, wordsOf(paragraph.section('\n', 1)));
    return members;
}

/// Those of an object and of the first object of each list within.
void addFields(QStringList& fields, const QJsonObject& object) {
    for (const QString& name : object.keys()) {
        fields += name;
        if (object[name].isArray())
            addFields(fields, object[name][0].toObject());
    }
}

} // namespace

class TestDump : public QObject {
    Q_OBJECT

private slots:
    void init() {
        NodeConfig config;
        config.schedulers = 2;
        m_node = std::make_unique<Node>(config);
        m_node->counters(m_baseline);
        QVERIFY(m_node->start(*parse_workload("kv:2")));
    }
    void cleanup() { m_node.reset(); }

    /// Neither says more than the other.
    void hasTheFieldsOfTheManPage() {
        m_node->exit(m_node->whereis("kv_shard_2"), ExitReason::kill());
        QJsonObject dump;
        const auto isTold = [&] {
            dump = dumpOf(*m_node, m_baseline);
            return !dump["restarts"].toArray().isEmpty() && !dump["exits"].toArray().isEmpty();
        };
        QTRY_VERIFY(isTold());
        const auto page = pageOfDump();
        QCOMPARE(QStringList(page.keys()),
                 QStringList({"applications", "exits", "lost_events", "node", "processes", "restarts", "schedulers"}));
        QCOMPARE(dump.keys(), QStringList(page.keys()));
        for (const QString& member : page.keys()) {
            QStringList fields;
            const QJsonValue value = dump[member];
            addFields(fields, value.isArray() ? value[0].toObject() : value.toObject());
            for (const QString& field : std::as_const(fields))
                QVERIFY2(page[member].contains(field), qPrintable(member + ": the page has no " + field));
            if (member != "exits" && member != "restarts") // which share a paragraph
                for (const QString& word : page[member])
                    QVERIFY2(!word.contains('_') || fields.contains(word) || word == member,
                             qPrintable(member + ": the dump has no " + word));
        }
    }

    void agreesWithTheNode() {
        const QJsonObject dump = dumpOf(*m_node, m_baseline);
        QCOMPARE(dump["schedulers"].toArray().size(), 2);
        for (const char* const figure : {"abandoned", "overflows", "faults", "over_limit"})
            QVERIFY2(dump["node"][QLatin1String{figure}].isDouble(), figure);
        QVERIFY(dump["node"]["faults_are"].isString());
        for (const char* const figure : {"processes_bytes", "allocated_by_processes_bytes", "allocated_by_nobody_bytes"})
            QVERIFY2(dump["node"][QLatin1String{figure}].isDouble(), figure);
        QVERIFY(dump["node"]["allocation"].isString());
        QCOMPARE(dump["node"]["process_count"].toInt(), dump["processes"].toArray().size());
        const auto shard = find(dump["processes"], "name", "kv_shard_1");
        QCOMPARE(shard["pid"].toString().toStdString(), to_string(m_node->whereis("kv_shard_1")));
        const auto supervisor = find(dump["processes"], "name", "kv_sup");
        QCOMPARE(shard["parent"], supervisor["pid"]);
        QCOMPARE(supervisor["trap_exit"].toBool(), true);
        QCOMPARE(shard["priority"].toString(), QString{"normal"});
        QVERIFY(shard["links"].toInt() >= 1);
        QVERIFY(!find(dump["processes"], "label", "kv_client_1").isEmpty());
    }

    void showsTheTree() {
        const QJsonObject dump = dumpOf(*m_node, m_baseline);
        const auto kv = find(dump["applications"], "name", "kv");
        QCOMPARE(kv["strategy"].toString(), QString{"one_for_one"});
        QCOMPARE(kv["children"].toArray().size(), 4); // two shards, janitor, clients
        const auto clients = find(kv["children"], "id", "kv_clients");
        QCOMPARE(clients["type"].toString(), QString{"supervisor"});
        QCOMPARE(clients["children"].toArray().size(), 4);
        QCOMPARE(find(clients["children"], "id", "kv_client_1")["restart"].toString(), QString{"permanent"});
    }

    void tellsOfAKillAndItsRestart() {
        const Pid killed = m_node->whereis("kv_shard_2");
        QVERIFY(m_node->exit(killed, ExitReason::kill()));
        QTRY_VERIFY(m_node->whereis("kv_shard_2") && m_node->whereis("kv_shard_2") != killed);
        QJsonObject restart;
        const auto hasRestart = [&] {
            restart = find(dumpOf(*m_node, m_baseline)["restarts"], "child_id", "kv_shard_2");
            return !restart.isEmpty();
        };
        QTRY_VERIFY(hasRestart());
        QCOMPARE(restart["supervisor"].toString(), QString{"kv_sup"});
        QCOMPARE(restart["old_pid"].toString().toStdString(), to_string(killed));
        QCOMPARE(restart["new_pid"].toString().toStdString(), to_string(m_node->whereis("kv_shard_2")));
        QCOMPARE(restart["reason"].toString(), QString{"killed"});
        const auto exit = find(dumpOf(*m_node, m_baseline)["exits"], "pid", QString::fromStdString(to_string(killed)));
        QCOMPARE(exit["name"].toString(), QString{"kv_shard_2"});
        QCOMPARE(exit["reason"].toString(), QString{"killed"});
        QCOMPARE(exit["note"].toString(), QString{});
        QVERIFY(exit["stack"].isArray());
    }

    void staysReadableAfterTheEnd() {
        m_node->stop();
        const QJsonObject dump = dumpOf(*m_node, m_baseline);
        QCOMPARE(dump["processes"].toArray().size(), 0);
        QCOMPARE(dump["applications"].toArray().size(), 0);
    }

    void saysWhatCannotBeWritten() {
        QCOMPARE(writeDump(*m_node, m_baseline, "/no/such/folder/d.json"),
                 QString{"/no/such/folder/d.json cannot be written: No such file or directory"});
    }

    void oddTextsStayJson() {
        QBuffer buffer;
        buffer.open(QIODevice::WriteOnly);
        {
            JsonWriter json{buffer};
            json.beginObject();
            json.field("odd", std::string_view{"a\"b\\c\n\x01 \xc3\xa9 \xc3"});
            json.field("truth", true);
            json.field("number", 18'000'000'000ULL);
            json.key("none").null();
            json.key("empty").beginArray();
            json.endArray();
            json.endObject();
        }
        const QJsonObject object = parse(buffer.data());
        QCOMPARE(object["odd"].toString(), QString::fromUtf8("a\"b\\c\n\x01 \xc3\xa9 \xef\xbf\xbd"));
        QCOMPARE(object["truth"].toBool(), true);
        QCOMPARE(object["number"].toDouble(), 18e9);
        QVERIFY(object["none"].isNull());
        QVERIFY(object["empty"].isArray());
    }

private:
    std::unique_ptr<Node> m_node;
    Snapshot m_baseline;
};

QTEST_GUILESS_MAIN(TestDump)
#include "tst_dump.moc"
