// SPDX-License-Identifier: BSL-1.0
//! rows SCHEDULERS ROW: one line, in the form of fiberscope-bench.
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

type Sender<T> = mpsc::UnboundedSender<T>;
type Receiver<T> = mpsc::UnboundedReceiver<T>;

async fn receive_all(mut hits: Receiver<()>, count: u64) {
    for _ in 0..count {
        hits.recv().await;
    }
}

async fn spawn_exit() {
    let (hit, hits) = mpsc::unbounded_channel();
    let counter = tokio::spawn(receive_all(hits, 1_000_000));
    for _ in 0..1_000_000 {
        let hit = hit.clone();
        tokio::spawn(async move { hit.send(()).unwrap() });
    }
    counter.await.unwrap();
}

async fn pingpong() {
    let (ping, mut pings) = mpsc::unbounded_channel::<()>();
    let (pong, mut pongs) = mpsc::unbounded_channel::<()>();
    tokio::spawn(async move { while pings.recv().await.is_some() && pong.send(()).is_ok() {} });
    for _ in 0..1_000_000 {
        ping.send(()).unwrap();
        pongs.recv().await;
    }
}

async fn counting() {
    let (hit, hits) = mpsc::unbounded_channel();
    let counter = tokio::spawn(receive_all(hits, 5_000_000));
    tokio::spawn(async move { (0..5_000_000).for_each(|_| hit.send(()).unwrap()) });
    counter.await.unwrap();
}

async fn call() {
    let (ask, mut asked) = mpsc::unbounded_channel::<(u64, oneshot::Sender<u64>)>();
    tokio::spawn(async move {
        while let Some((number, reply)) = asked.recv().await {
            let _ = reply.send(number);
        }
    });
    for number in 0..500_000 {
        let (reply, answer) = oneshot::channel();
        ask.send((number, reply)).unwrap();
        answer.await.unwrap();
    }
}

async fn timers() {
    let (hit, hits) = mpsc::unbounded_channel();
    for number in 0..300_000 {
        let hit = hit.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1 + number * 7919 % 1000)).await;
            hit.send(()).unwrap();
        });
    }
    receive_all(hits, 300_000).await;
}

async fn pass_on(mut tokens: Receiver<u64>, next: Sender<u64>, done: Sender<()>) {
    while let Some(hops_left) = tokens.recv().await {
        let _ = if hops_left == 0 { done.send(()).is_ok() } else { next.send(hops_left - 1).is_ok() };
    }
}

async fn ring(size: usize) {
    let (done, mut finished) = mpsc::unbounded_channel();
    let (first, first_tokens) = mpsc::unbounded_channel();
    let mut next = first.clone();
    for _ in 1..size {
        let (sender, tokens) = mpsc::unbounded_channel();
        tokio::spawn(pass_on(tokens, std::mem::replace(&mut next, sender), done.clone()));
    }
    tokio::spawn(pass_on(first_tokens, next, done));
    first.send(2_000_000).unwrap();
    finished.recv().await;
}

async fn fanin() {
    let (hit, hits) = mpsc::unbounded_channel();
    for _ in 0..100 {
        let hit = hit.clone();
        tokio::spawn(async move { (0..20_000).for_each(|_| hit.send(()).unwrap()) });
    }
    receive_all(hits, 2_000_000).await;
}

async fn forkjoin() {
    let mut team = Vec::new();
    let mut workers = Vec::new();
    for _ in 0..60 {
        let (work, mut pieces) = mpsc::unbounded_channel::<()>();
        team.push(work);
        workers.push(tokio::spawn(async move {
            let mut sum = 0.0;
            for left in (1..=20_000).rev() {
                pieces.recv().await;
                sum += f64::from(left).sin();
            }
            sum
        }));
    }
    for _ in 0..20_000 {
        team.iter().for_each(|work| work.send(()).unwrap());
    }
    for worker in workers {
        std::hint::black_box(worker.await.unwrap());
    }
}

async fn take_turns(tasks: u64) {
    let turns = 2_000_000 / tasks;
    let yielding = move || async move {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    };
    let all: Vec<_> = (0..tasks).map(|_| tokio::spawn(yielding())).collect();
    for task in all {
        task.await.unwrap();
    }
}

fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

async fn keep_idle(bytes: &mut f64) {
    let before = resident();
    let (stop, _) = tokio::sync::broadcast::channel::<()>(1);
    for _ in 0..1_000_000 {
        let mut stopped = stop.subscribe();
        tokio::spawn(async move { stopped.recv().await });
    }
    *bytes = (resident() - before) / 1e6;
}

fn cpu_ns() -> f64 {
    let mut used = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut used) };
    used.tv_sec as f64 * 1e9 + used.tv_nsec as f64
}

async fn spawned<F: std::future::Future<Output = ()> + Send + 'static>(work: F) {
    tokio::spawn(work).await.unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let workers = arguments[1].parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_time().build().unwrap();
    let name = arguments[2].as_str();
    let mut bytes = 0.0;
    let (began, began_cpu) = (Instant::now(), cpu_ns());
    let operations = runtime.block_on(async {
        match name {
            "spawn_exit" => (spawned(spawn_exit()).await, 1_000_000).1,
            "pingpong" => (spawned(pingpong()).await, 1_000_000).1,
            "counting" => (spawned(counting()).await, 5_000_000).1,
            "call" => (spawned(call()).await, 500_000).1,
            "timers" => (spawned(timers()).await, 300_000).1,
            "ring_100" => (spawned(ring(100)).await, 2_000_000).1,
            "ring_100k" => (spawned(ring(100_000)).await, 2_000_000).1,
            "fanin" => (spawned(fanin()).await, 2_000_000).1,
            "forkjoin" => (spawned(forkjoin()).await, 1_200_000).1,
            "yield_2" => (spawned(take_turns(2)).await, 2_000_000).1,
            "yield_1000" => (spawned(take_turns(1000)).await, 2_000_000).1,
            "idle_processes" => (keep_idle(&mut bytes).await, 1_000_000).1,
            _ => 0,
        }
    });
    if operations == 0 {
        return;
    }
    let wall = began.elapsed().as_nanos() as f64;
    let ns = if name == "timers" { cpu_ns() - began_cpu } else { wall };
    print!("{:<20} {:>10} ops {:>10.2} ms {:>9.1} ns/op", name, operations, ns / 1e6, ns / f64::from(operations));
    println!("{}", if bytes > 0.0 { format!(" {:>8.0} B/process", bytes) } else { String::new() });
    std::process::exit(0); // a million idle tasks need no tidying up
}
