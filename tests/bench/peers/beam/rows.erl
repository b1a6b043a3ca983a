%% SPDX-License-Identifier: BSL-1.0
%% erl +S N:N +P 2000000 -noshell -run rows main ROW: one line, in the form of fiberscope-bench.
-module(rows).
-export([main/1, idle/0, member/1, echo/0]).

main([Name]) ->
    case row(list_to_atom(Name)) of
        none -> ok;
        {Operations, Work} ->
            {Us, Others} = timer:tc(Work),
            print(Name, Operations, Us / 1000, Others);
        {cpu, Operations, Work} ->
            {Before, _} = statistics(runtime),
            {Us, _} = timer:tc(Work),
            {After, _} = statistics(runtime),
            print(Name, Operations, After - Before, [{"wall_ms", Us / 1000}]);
        {told, Operations, Work} ->
            {Ms, Others} = Work(),
            print(Name, Operations, Ms, Others)
    end,
    halt().

print(Name, Operations, Ms, Others) ->
    io:format("~-20s ~10w ops ~.2f ms ~.1f ns/op", [Name, Operations, Ms * 1.0, Ms * 1.0e6 / Operations]),
    is_list(Others) andalso lists:foreach(fun print/1, Others),
    io:format("~n").

print({bytes_per_process, Value}) -> io:format(" ~8w B/process", [round(Value)]);
print({Key, Value}) -> io:format("  ~s ~.3f", [Key, Value * 1.0]).

row(spawn_exit) -> {1000000, fun() -> spawn_exit(1000000) end};
row(restart) -> {100000, fun() -> process_flag(trap_exit, true), restart(100000) end};
row(kill_to_restart) -> {told, 1, fun() -> kill_to_restart(1000) end};
row(idle_processes) -> {told, 1000000, fun() -> keep_idle(1000000) end};
row(pingpong) -> {1000000, fun() -> pingpong(1000000) end};
row(counting) -> {5000000, fun() -> counting(5000000) end};
row(call) -> {500000, fun() -> calls(500000, spawn(?MODULE, echo, [])) end};
row(timers) -> {cpu, 300000, fun() -> timers(300000) end};
row(ring_100) -> {2000000, fun() -> ring(100, 2000000) end};
row(ring_100k) -> {2000000, fun() -> ring(100000, 2000000) end};
row(fanin) -> {2000000, fun() -> fanin(100, 20000) end};
row(big) -> {2000000, fun() -> big(200, 5000) end};
row(forkjoin) -> {1200000, fun() -> forkjoin(60, 20000) end};
row(yield_2) -> {2000000, fun() -> take_turns(2, 1000000) end};
row(yield_1000) -> {2000000, fun() -> take_turns(1000, 2000) end};
row(balance) -> {told, 1, fun() -> balance(100) end};
row(_) -> none.

times(0, _) -> ok;
times(Count, Work) -> Work(), times(Count - 1, Work).

expect(0, _) -> ok;
expect(Count, Message) -> receive Message -> expect(Count - 1, Message) end.

%% -- processes ----

spawn_exit(Count) ->
    Me = self(),
    Counter = spawn(fun() -> expect(Count, hit), Me ! done end),
    times(Count, fun() -> spawn(fun() -> Counter ! hit end) end),
    expect(1, done).

idle() -> receive stop -> ok end.

restart(0) -> ok;
restart(Count) ->
    Child = spawn_link(?MODULE, idle, []),
    exit(Child, kill),
    receive {'EXIT', Child, killed} -> restart(Count - 1) end.

%% One child under a supervisor of its own kind: a process that traps exits and registers the successor.
kill_to_restart(Rounds) ->
    Start = fun() -> Child = spawn_link(?MODULE, idle, []), register(child, Child) end,
    spawn(fun() -> process_flag(trap_exit, true), Start(), supervise(Start) end),
    Times = [replaced(await(undefined)) || _ <- lists:seq(1, Rounds)],
    {lists:nth(Rounds div 2, lists:sort(Times)) / 1.0e6, []}.

supervise(Start) -> receive {'EXIT', _, _} -> Start(), supervise(Start) end.

replaced(Old) ->
    Began = erlang:monotonic_time(nanosecond),
    exit(Old, kill),
    await(Old),
    erlang:monotonic_time(nanosecond) - Began.

await(Old) ->
    case whereis(child) of
        undefined -> await(Old);
        Old -> await(Old);
        New -> New
    end.

keep_idle(Count) ->
    Before = resident(),
    {StartUs, Idle} = timer:tc(fun() -> [spawn(?MODULE, idle, []) || _ <- lists:seq(1, Count)] end),
    Bytes = (resident() - Before) / Count,
    Items = [registered_name, reductions, memory, message_queue_len, current_function, initial_call],
    {SnapshotUs, _} = timer:tc(fun() -> [erlang:process_info(Process, Items) || Process <- processes()] end),
    Others = erlang:system_info(process_count) - Count,
    {KillUs, _} = timer:tc(fun() -> [exit(Process, kill) || Process <- Idle], await_count(Others) end),
    {StartUs / 1000,
     [{bytes_per_process, Bytes}, {"snapshot_ns", SnapshotUs * 1000 / Count}, {"kill_ns", KillUs * 1000 / Count}]}.

await_count(Others) ->
    case erlang:system_info(process_count) of
        Count when Count =< Others -> ok;
        _ -> erlang:yield(), await_count(Others)
    end.

resident() ->
    {ok, Statm} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:split(Statm, " ", all),
    binary_to_integer(Pages) * 4096.

%% -- messages between two ----

pingpong(Count) ->
    Pong = spawn(fun Loop() -> receive {ping, From} -> From ! pong, Loop() end end),
    times(Count, fun() -> Pong ! {ping, self()}, receive pong -> ok end end).

counting(Count) ->
    Me = self(),
    Counter = spawn(fun() -> expect(Count, hit), Me ! done end),
    spawn(fun() -> times(Count, fun() -> Counter ! hit end) end),
    expect(1, done).

echo() -> receive {'$gen_call', {From, Reference}, Request} -> From ! {Reference, Request}, echo() end.

calls(0, _) -> ok;
calls(Count, Server) ->
    {ok, Count} = gen:call(Server, '$gen_call', Count),
    calls(Count - 1, Server).

timers(Count) ->
    [erlang:send_after(1 + Number * 7919 rem 1000, self(), hit) || Number <- lists:seq(0, Count - 1)],
    expect(Count, hit).

%% -- messages among many ----

ring(Size, Hops) ->
    First = spawn(fun() -> receive {next, Next} -> member(Next) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(?MODULE, member, [Next]) end, First, lists:seq(2, Size)),
    First ! {next, Last},
    First ! {token, Hops, self()},
    expect(1, done).

member(Next) ->
    receive
        {token, 0, ReportTo} -> ReportTo ! done;
        {token, HopsLeft, ReportTo} -> Next ! {token, HopsLeft - 1, ReportTo}
    end,
    member(Next).

fanin(Senders, Each) ->
    Me = self(),
    times(Senders, fun() -> spawn(fun() -> times(Each, fun() -> Me ! hit end) end) end),
    expect(Senders * Each, hit).

big(Size, Each) ->
    Me = self(),
    Everybody = [spawn(fun() -> receive {everybody, List} -> mingle(list_to_tuple(List), Each, Me) end end)
                 || _ <- lists:seq(1, Size)],
    [Member ! {everybody, Everybody} || Member <- Everybody],
    expect(Size, done),
    lists:foreach(fun(Member) -> exit(Member, kill) end, Everybody).

mingle(_, 0, ReportTo) -> ReportTo ! done, answer();
mingle(Everybody, Left, ReportTo) ->
    element(rand:uniform(tuple_size(Everybody)), Everybody) ! {ping, self()},
    await_pong(),
    mingle(Everybody, Left - 1, ReportTo).

await_pong() -> receive {ping, From} -> From ! pong, await_pong(); pong -> ok end.
answer() -> receive {ping, From} -> From ! pong, answer() end.

forkjoin(Workers, Each) ->
    Me = self(),
    Team = [spawn(fun() -> work(Each), Me ! done end) || _ <- lists:seq(1, Workers)],
    times(Each, fun() -> [Worker ! hit || Worker <- Team] end),
    expect(Workers, done).

work(0) -> ok;
work(Left) -> receive hit -> _ = math:sin(Left * 1.0), work(Left - 1) end.

%% -- turns ----

take_turns(Processes, Turns) ->
    Me = self(),
    times(Processes, fun() -> spawn(fun() -> times(Turns, fun erlang:yield/0), Me ! done end) end),
    expect(Processes, done).

%% Each busy process notes the scheduler that it is on; the time until none has more than its share and a fifth.
balance(Busy) ->
    Schedulers = erlang:system_info(schedulers),
    Places = atomics:new(Busy, []),
    erlang:system_flag(schedulers_online, 1),
    process_flag(priority, high),
    [spawn(fun Loop() -> atomics:put(Places, Number, erlang:system_info(scheduler_id)), Loop() end)
     || Number <- lists:seq(1, Busy)],
    await_places(Places, fun(Counts) -> not maps:is_key(0, Counts) end, infinity),
    erlang:system_flag(schedulers_online, Schedulers),
    Began = erlang:monotonic_time(millisecond),
    Largest = fun(Counts) -> lists:max(maps:values(Counts)) / Busy end,
    Counts = await_places(Places, fun(Now) -> Largest(Now) =< 1.2 / Schedulers end, Began + 5000),
    {erlang:monotonic_time(millisecond) - Began, [{"largest_share", Largest(Counts)}]}.

await_places(Places, IsReached, End) ->
    #{size := Size} = atomics:info(Places),
    Counts = lists:foldl(fun(Number, Sum) -> maps:update_with(atomics:get(Places, Number), fun(N) -> N + 1 end, 1, Sum) end,
                         #{}, lists:seq(1, Size)),
    case IsReached(Counts) orelse erlang:monotonic_time(millisecond) >= End of
        true -> Counts;
        false -> timer:sleep(1), await_places(Places, IsReached, End)
    end.
