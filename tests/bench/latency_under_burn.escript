#!/usr/bin/env escript
%% SPDX-License-Identifier: BSL-1.0
%% The benchmark latency_under_burn on Erlang/OTP: four tight loops a scheduler, and a process that wakes every millisecond.
%% Run it beside `fiberscope-bench latency_under_burn`. Its unit of time for a sleep is the millisecond, so it, too, is late
%% by up to one for that alone.
-mode(compile).

main(_) ->
    Wakes = 2000,
    Loops = [spawn(fun() -> burn(0) end) || _ <- lists:seq(1, 4 * erlang:system_info(schedulers_online))],
    Me = self(),
    Began = erlang:monotonic_time(nanosecond),
    spawn(fun() -> Me ! {delays, [wake() || _ <- lists:seq(1, Wakes)]} end),
    Delays = receive {delays, List} -> lists:sort(List) end,
    Ms = (erlang:monotonic_time(nanosecond) - Began) / 1.0e6,
    [exit(Loop, kill) || Loop <- Loops],
    At = fun(Share) -> lists:nth(1 + trunc(Share * (Wakes - 1)), Delays) / 1.0e6 end,
    io:format("~-20s ~10w ops ~10.2f ms ~9.1f ns/op  p50_ms ~.3f  p99_ms ~.3f  max_ms ~.3f~n",
              ["latency_under_burn", Wakes, Ms, Ms * 1.0e6 / Wakes, At(0.5), At(0.99), At(1)]).

wake() ->
    Due = erlang:monotonic_time(nanosecond) + 1000000,
    receive after 1 -> ok end,
    erlang:monotonic_time(nanosecond) - Due.

burn(N) -> burn(N + 1).
