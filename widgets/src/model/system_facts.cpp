// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/system_facts.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>
#include <QSysInfo>
#include <boost/version.hpp>

#include <sched.h>
#include <unistd.h>

namespace fiberscope::widgets {

namespace {

/// Of the runtime's table of interned names.
constexpr quint64 atomLimit = 4'194'304;

QString tr(const char* text) {
    return QCoreApplication::translate("SystemFacts", text);
}

SystemFact fixed(const QString& name, const QString& explanation, const QString& value) {
    return {name, explanation, [value](const SystemSource&) { return value; }};
}

/// A count since the start, with its present rate.
SystemFact counted(const QString& name, const QString& explanation, std::uint64_t fiberscope::NodeRow::*count,
                   double LoadPoint::*rate) {
    return {name, explanation, [count, rate](const SystemSource& source) {
                const QString total = countText(source.node.*count);
                return source.rates == nullptr ? total : tr("%1   (%2 /s)").arg(total, rateText(source.rates->*rate));
            }};
}

QString availableCpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? QString::number(CPU_COUNT(&set)) : tr("unknown");
}

QString compilerText() {
#if defined(__clang__)
    return QStringLiteral("clang %1.%2.%3").arg(__clang_major__).arg(__clang_minor__).arg(__clang_patchlevel__);
#else
    return QStringLiteral("g++ %1.%2.%3").arg(__GNUC__).arg(__GNUC_MINOR__).arg(__GNUC_PATCHLEVEL__);
#endif
}

QString librariesText() {
    return QStringLiteral("Qt %1, Boost %2.%3.%4")
        .arg(QString::fromLatin1(qVersion()))
        .arg(BOOST_VERSION / 100'000)
        .arg(BOOST_VERSION / 100 % 1000)
        .arg(BOOST_VERSION % 100);
}

SystemBox architectureBox() {
    const QString program = QCoreApplication::applicationName();
    const QString version = QCoreApplication::applicationVersion();
    return {
        tr("System and Architecture"),
        {{tr("Node"), tr("The observed node"), [](const SystemSource& source) { return lineText(toQString(source.node.name)); }},
         fixed(tr("Program"), tr("The program that the node runs in, and its process number in the operating system"),
               QStringLiteral("%1 %2 (pid %3)").arg(program, version).arg(QCoreApplication::applicationPid()).simplified()),
         fixed(tr("Operating system"), {},
               QSysInfo::prettyProductName() + QLatin1String{", "} + QSysInfo::kernelType() + QLatin1Char{' '} +
                   QSysInfo::kernelVersion()),
         fixed(tr("Compiled for"), {}, QSysInfo::buildAbi()),
         fixed(tr("Compiled by"), {}, compilerText()),
         fixed(tr("Libraries"), {}, librariesText()),
         fixed(tr("Wordsize"), {}, QStringLiteral("%1").arg(sizeof(void*)))}};
}

/// A sum over all processes: while nobody counts it, it is 0.
QString sumText(std::uint64_t bytes) {
    return bytes > 0 ? bytesText(bytes) : tr("not counted yet");
}

/// What the allocator has given out.
QString allocatedText(const fiberscope::NodeRow& node, std::uint64_t bytes) {
    return node.allocation == "counted" ? sumText(bytes) : lineText(toQString(node.allocation));
}

SystemBox memoryBox() {
    return {
        tr("Memory Usage"),
        {{tr("Total"), tr("Resident memory of the whole program"),
          [](const SystemSource& source) { return bytesText(source.node.resident_bytes); }},
         {tr("Processes"),
          tr("Of all processes: control blocks, touched stack, mailboxes, and what they have allocated: their heaps, and all "
             "else where that is counted"),
          [](const SystemSource& source) { return sumText(source.node.processes_bytes); }},
         {tr("Allocated by processes"),
          tr("Blocks of memory (new, malloc) that the code of live processes has allocated or received in messages and that "
             "were not freed"),
          [](const SystemSource& source) { return allocatedText(source.node, source.node.allocated_by_processes_bytes); }},
         {tr("Allocated by nobody"),
          tr("All other blocks: of the runtime, the window and other threads, and what processes that have ended left behind"),
          [](const SystemSource& source) { return allocatedText(source.node, source.node.allocated_by_nobody_bytes); }},
         {tr("Stacks"), tr("Address space given to stacks; only touched pages cost memory"),
          [](const SystemSource& source) { return tr("%1 of address space").arg(bytesText(source.node.stacks_bytes)); }}}};
}

SystemBox threadsBox() {
    return {
        tr("CPUs and Threads"),
        {fixed(tr("Logical CPUs"), tr("CPUs that the machine has"), QString::number(sysconf(_SC_NPROCESSORS_CONF))),
         fixed(tr("Online Logical CPUs"), tr("CPUs that the machine uses now"), QString::number(sysconf(_SC_NPROCESSORS_ONLN))),
         fixed(tr("Available Logical CPUs"), tr("CPUs that this program may use"), availableCpus()),
         {tr("Schedulers"), tr("Scheduler threads of the node"),
          [](const SystemSource& source) { return QString::number(source.node.schedulers); }},
         {tr("Online schedulers"), tr("Schedulers that take work now; set on the Schedulers tab"),
          [](const SystemSource& source) { return QString::number(source.node.schedulers_online); }}}};
}

SystemBox statisticsBox() {
    return {tr("Statistics"),
            {{tr("Up time"), tr("Since the start of the node"),
              [](const SystemSource& source) { return durationText(source.node.uptime_ns / 1'000'000); }},
             {tr("Run Queue"), tr("Processes that wait for their turn, on all schedulers"),
              [](const SystemSource& source) { return QString::number(source.node.run_queue_length); }},
             counted(tr("Context switches"), tr("How often a scheduler began to run a process"),
                     &fiberscope::NodeRow::context_switches, &LoadPoint::switchesPerSecond),
             counted(tr("Reductions"), tr("Units of work: a runtime call costs one or more"), &fiberscope::NodeRow::reductions,
                     &LoadPoint::reductionsPerSecond),
             counted(tr("Messages"), tr("Messages sent"), &fiberscope::NodeRow::messages, &LoadPoint::messagesPerSecond)}};
}

QString blockingPoolText(const fiberscope::NodeRow& node) {
    const QString threads = limitText(node.blocking_threads, node.most_blocking_threads);
    return node.blocking_jobs_waiting == 0 ? threads : tr("%1, %2 waiting").arg(threads, countText(node.blocking_jobs_waiting));
}

SystemBox limitsBox() {
    return {tr("System statistics / limit"),
            {{tr("Processes"), tr("Live processes; when the table is full a spawn fails with system_limit"),
              [](const SystemSource& source) { return limitText(source.node.process_count, source.node.process_limit); }},
             {tr("Atoms"), tr("Interned names; they live as long as the program"),
              [](const SystemSource& source) { return limitText(source.node.atom_count, atomLimit); }},
             {tr("Schedulers"),
              {},
              [](const SystemSource& source) { return limitText(source.node.schedulers_online, source.node.schedulers); }},
             {tr("Blocking pool"), tr("Threads that run self.blocking(...) calls now, and calls that wait for one of them"),
              [](const SystemSource& source) { return blockingPoolText(source.node); }}}};
}

SystemBox lifecycleBox() {
    return {tr("Processes since start"),
            {counted(tr("Spawns"), {}, &fiberscope::NodeRow::spawns, &LoadPoint::spawnsPerSecond),
             counted(tr("Exits"), tr("Processes that ended, for whatever reason"), &fiberscope::NodeRow::exits,
                     &LoadPoint::exitsPerSecond),
             {tr("Crashes"), tr("Exits for a reason other than normal, shutdown and killed"),
              [](const SystemSource& source) { return countText(source.node.crashes); }},
             {tr("Abandoned"),
              tr("Processes that did not stop by themselves and were given up in the middle of their code: their destructors did "
                 "not run, what they owned is lost"),
              [](const SystemSource& source) { return countText(source.node.abandoned); }},
             {tr("Overflows"), tr("Processes that used up their stack (stack_overflow)"),
              [](const SystemSource& source) { return countText(source.node.overflows); }},
             {tr("Faults"),
              tr("Of the abandoned: processes that dereferenced a null pointer, divided by zero or the like "
                 "({fault,'SIGSEGV',Address})"),
              [](const SystemSource& source) { return countText(source.node.faults); }},
             {tr("Over limit"), tr("Processes that were killed since they passed a limit of their message queue or their heap"),
              [](const SystemSource& source) { return countText(source.node.over_limit); }},
             {tr("Restarts"), tr("Children that their supervisors restarted"),
              [](const SystemSource& source) { return countText(source.node.restarts); }},
             {tr("Events lost"), tr("Events that the log could not read in time"),
              [](const SystemSource& source) { return countText(source.eventsLost); }}}};
}

SystemBox runtimeBox() {
    return {tr("Runtime"),
            {{tr("State"),
              {},
              [](const SystemSource& source) {
                  const QString because = lineText(printedText(source.node.stopped_because));
                  return because.isEmpty() ? tr("running") : tr("stopped: %1").arg(because);
              }},
             {tr("Preemption"), tr("How a scheduler takes the processor from a process whose slice is over"),
              [](const SystemSource& source) { return QString::fromStdString(source.node.preemption); }},
             {tr("Stack guards"), tr("How an overflow of a process's stack is caught"),
              [](const SystemSource& source) { return QString::fromStdString(source.node.stack_guards); }},
             {tr("Hardware faults"), tr("What a null dereference, a division by zero or the like in a process leads to"),
              [](const SystemSource& source) { return QString::fromStdString(source.node.faults_are); }},
             {tr("Compiled"), tr("Which of the flags that processes need the program was compiled with"),
              [](const SystemSource& source) { return QString::fromStdString(source.node.compiled); }},
             {tr("Timers"), tr("Pending timers"), [](const SystemSource& source) { return countText(source.node.timers); }}}};
}

} // namespace

QList<SystemBox> systemBoxes() {
    return {architectureBox(), memoryBox(), threadsBox(), statisticsBox(), limitsBox(), lifecycleBox(), runtimeBox()};
}

} // namespace fiberscope::widgets
