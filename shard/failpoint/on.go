// SPDX-License-Identifier: Apache-2.0

//go:build failpoint

package failpoint

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// socketEnv names the Unix socket on which a process is told what to do. One
// line asks, one line answers:
//
//	arm POINT kill|stop|pause:DURATION    at the next pass, once; "hit POINT" follows
//	disarm                                forget what is armed
//	clock DURATION                        set the clock of Now off by that much
const socketEnv = "GAMESESSION_FAILPOINTS"

var (
	mu    sync.Mutex
	armed = map[Point]armedAt{}
	skew  atomic.Int64
)

type armedAt struct {
	act  func()
	tell net.Conn
}

func init() {
	path := os.Getenv(socketEnv)
	if path == "" {
		return
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		panic("failpoint: " + err.Error())
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
}

func serve(c net.Conn) {
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if err := obey(c, strings.Fields(lines.Text())); err != nil {
			fmt.Fprintln(c, "error", err)
			continue
		}
		fmt.Fprintln(c, "ok")
	}
}

func obey(c net.Conn, words []string) error {
	switch {
	case len(words) == 3 && words[0] == "arm":
		act, err := action(words[2])
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		armed[Point(words[1])] = armedAt{act: act, tell: c}
		return nil
	case len(words) == 1 && words[0] == "disarm":
		mu.Lock()
		defer mu.Unlock()
		clear(armed)
		return nil
	case len(words) == 2 && words[0] == "clock":
		d, err := time.ParseDuration(words[1])
		skew.Store(int64(d))
		return err
	}
	return fmt.Errorf("cannot do %q", words)
}

func action(word string) (func(), error) {
	name, length, _ := strings.Cut(word, ":")
	signal := func(s syscall.Signal) func() {
		return func() { _ = syscall.Kill(os.Getpid(), s) }
	}
	switch name {
	case "kill":
		return signal(syscall.SIGKILL), nil
	case "stop":
		return signal(syscall.SIGSTOP), nil
	case "pause":
		d, err := time.ParseDuration(length)
		return func() { time.Sleep(d) }, err
	}
	return nil, fmt.Errorf("cannot do %q at a point", word)
}

// At does what is armed at a point.
func At(p Point) {
	mu.Lock()
	a, is := armed[p]
	delete(armed, p)
	mu.Unlock()
	if is {
		fmt.Fprintln(a.tell, "hit", p)
		a.act()
	}
}

// Now is a clock that may be wrong.
func Now() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
