// SPDX-License-Identifier: BSL-1.0
// rows SCHEDULERS ROW: one line, in the form of fiberscope-bench.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type row struct {
	operations int
	work       func() string // returns what else the row tells
	isCPU      bool
}

func times(count int, work func()) {
	for ; count > 0; count-- {
		work()
	}
}

func plain(work func()) func() string {
	return func() string { work(); return "" }
}

func spawnExit() {
	const processes = 1_000_000
	hits, done := make(chan int, 1024), make(chan bool)
	go func() { times(processes, func() { <-hits }); done <- true }()
	times(processes, func() { go func() { hits <- 1 }() })
	<-done
}

func pingpong() {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for value := range ping {
			pong <- value
		}
	}()
	times(1_000_000, func() { ping <- 1; <-pong })
}

func counting() {
	hits := make(chan int, 4096)
	go func() { times(5_000_000, func() { hits <- 1 }) }()
	times(5_000_000, func() { <-hits })
}

type request struct {
	number int
	reply  chan int
}

func call() {
	requests := make(chan request)
	go func() {
		for asked := range requests {
			asked.reply <- asked.number
		}
	}()
	reply := make(chan int, 1)
	times(500_000, func() { requests <- request{1, reply}; <-reply })
}

func timers() {
	const count = 300_000
	hits := make(chan int, 1024)
	for i := 0; i < count; i++ {
		time.AfterFunc(time.Duration(1+i*7919%1000)*time.Millisecond, func() { hits <- 1 })
	}
	times(count, func() { <-hits })
}

func ring(size int) func() {
	return func() {
		first, done := make(chan int), make(chan bool)
		from := first
		for i := 1; i <= size; i++ {
			to := first
			if i < size {
				to = make(chan int)
			}
			go func(from, to chan int) {
				for hopsLeft := range from {
					if hopsLeft == 0 {
						done <- true
						return
					}
					to <- hopsLeft - 1
				}
			}(from, to)
			from = to
		}
		first <- 2_000_000
		<-done
	}
}

func fanin() {
	const senders, each = 100, 20_000
	hits := make(chan int, 4096)
	times(senders, func() { go times(each, func() { hits <- 1 }) })
	times(senders*each, func() { <-hits })
}

func forkjoin() {
	const workers, each = 60, 20_000
	team := make([]chan int, workers)
	done := make(chan bool)
	for i := range team {
		team[i] = make(chan int, 4096)
		go func(work chan int) {
			sum := 0.0
			for left := each; left > 0; left-- {
				<-work
				sum += math.Sin(float64(left))
			}
			done <- sum > 0
		}(team[i])
	}
	times(each, func() {
		for _, work := range team {
			work <- 1
		}
	})
	times(workers, func() { <-done })
}

func takeTurns(goroutines int) func() {
	return func() {
		done := make(chan bool)
		times(goroutines, func() {
			go func() { times(2_000_000/goroutines, runtime.Gosched); done <- true }()
		})
		times(goroutines, func() { <-done })
	}
}

func resident() int {
	statm, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(statm))[1])
	return pages * os.Getpagesize()
}

func keepIdle() string {
	const processes = 1_000_000
	before := resident()
	never := make(chan int)
	times(processes, func() { go func() { <-never }() })
	return fmt.Sprintf(" %8.0f B/process", float64(resident()-before)/processes)
}

var rows = map[string]row{
	"spawn_exit":     {1_000_000, plain(spawnExit), false},
	"pingpong":       {1_000_000, plain(pingpong), false},
	"counting":       {5_000_000, plain(counting), false},
	"call":           {500_000, plain(call), false},
	"timers":         {300_000, plain(timers), true},
	"ring_100":       {2_000_000, plain(ring(100)), false},
	"ring_100k":      {2_000_000, plain(ring(100_000)), false},
	"fanin":          {2_000_000, plain(fanin), false},
	"forkjoin":       {1_200_000, plain(forkjoin), false},
	"yield_2":        {2_000_000, plain(takeTurns(2)), false},
	"yield_1000":     {2_000_000, plain(takeTurns(1000)), false},
	"idle_processes": {1_000_000, keepIdle, false},
}

func cpu() time.Duration {
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func main() {
	schedulers, _ := strconv.Atoi(os.Args[1])
	runtime.GOMAXPROCS(schedulers)
	chosen, known := rows[os.Args[2]]
	if !known {
		return
	}
	beganCPU, began := cpu(), time.Now()
	others := chosen.work()
	taken := time.Since(began)
	if chosen.isCPU {
		taken = cpu() - beganCPU
	}
	ns := float64(taken.Nanoseconds())
	fmt.Printf("%-20s %10d ops %10.2f ms %9.1f ns/op%s\n", os.Args[2], chosen.operations, ns/1e6, ns/float64(chosen.operations), others)
}
