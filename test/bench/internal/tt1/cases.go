// SPDX-License-Identifier: Apache-2.0

package tt1

import (
	"fmt"
	"os"
	"time"

	"gamesession.dev/operator/test/bench/internal/process"
)

// Case is one way to load a server.
type Case struct {
	Name   string
	Tables int
	// Rate is actions a second and table; 0 is as fast as it goes.
	Rate float64
	kind kind
}

type kind int

const (
	played kind = iota
	storm
	stalled
	idle
	resumed
)

// Cases are all there are.
var Cases = []Case{
	{"A", 100, 10, played},
	{"B", 100, 100, played},
	{"C", 10, 0, played},
	{"D", 100, 0, played},
	{"storm", 100, 0, storm},
	{"stalled", 10, 100, stalled},
	{"idle", 100, 0, idle},
	{"idle5000", 500, 0, idle},
	{"resume", 10, 100, resumed},
}

const (
	warmUp = time.Second
	// atOnce is how many clients connect at the same time.
	atOnce = 16
	// settleFor is how long memory is left alone before it is read.
	settleFor = 2 * time.Second
	// firstTables are those before memory is counted.
	firstTables = 20
)

// Measured is a server on which cases are played.
type Measured struct {
	Game   Game
	Server string
	// PID is the server's process, StorePID its store's or 0.
	PID, StorePID int
	// Tables makes so many tables more.
	Tables func(n int) error
	Length time.Duration
	// Begun is called when what counts begins; it may be nil.
	Begun func()
}

// Play plays one case.
func (m *Measured) Play(c Case) (*Line, error) {
	l := &Line{Server: m.Server, Case: c.Name, Tables: c.Tables, Rate: "flat out"}
	if c.Rate > 0 {
		l.Rate = fmt.Sprintf("%g/s", c.Rate)
	}
	if c.kind == idle {
		return l, m.idle(l, c)
	}
	if err := m.Tables(c.Tables); err != nil {
		return nil, err
	}
	if c.kind == storm {
		return l, m.storm(l, c)
	}
	room, err := Open(m.Game, c.Tables, atOnce)
	if err != nil {
		return nil, err
	}
	defer room.Close()
	switch c.kind {
	case stalled:
		return l, m.stalled(l, c, room)
	case resumed:
		return l, m.resume(l, c, room)
	default:
		return l, m.play(l, c, room)
	}
}

// play measures what a server does and uses while it is played on.
func (m *Measured) play(l *Line, c Case, room *Room) error {
	var before usage
	var failed error
	p, err := room.Play(Pace{Rate: c.Rate, Warm: warmUp, For: m.Length, Begun: func() {
		if m.Begun != nil {
			m.Begun()
		}
		before, failed = m.usage()
	}, Ended: func() {
		after, err := m.usage()
		if failed == nil {
			failed = err
		}
		before = after.minus(before)
	}})
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	l.Fill(p)
	l.ServerMicros, l.StoreMicros, l.ClientMicros = p.Micros(before.server), p.Micros(before.store), p.Micros(before.client)
	l.ServerCores = round(before.server.Seconds() / p.Took.Seconds())
	rss, err := process.RSS(m.PID)
	l.RSSMB = round(float64(rss) / (1 << 20))
	return err
}

// storm has everybody connect.
func (m *Measured) storm(l *Line, c Case) error {
	l.Rate = ""
	time.Sleep(settleFor) // the fights have just begun
	before, err := m.usage()
	if err != nil {
		return err
	}
	room, err := Open(m.Game, c.Tables, atOnce)
	if err != nil {
		return err
	}
	defer room.Close()
	after, err := m.usage()
	if err != nil {
		return err
	}
	connections, used := float64(room.Connections()), after.minus(before)
	each := func(d time.Duration) float64 { return round(float64(d.Microseconds()) / connections) }
	l.ConnectP50, l.ConnectP99 = Millis(room.Connects, 0.5), Millis(room.Connects, 0.99)
	l.Connects = round(connections / room.Joining.Seconds())
	l.ConnectServer, l.ConnectStore, l.ConnectClient = each(used.server), each(used.store), each(used.client)
	return nil
}

// stalled compares the same play with and without a reader at each table that
// has stopped to read.
func (m *Measured) stalled(l *Line, c Case, room *Room) error {
	pace := Pace{Rate: c.Rate, Warm: warmUp, For: m.Length}
	plain, err := room.Play(pace)
	if err != nil {
		return err
	}
	stalls, err := room.stall(m.Game)
	if err != nil {
		return err
	}
	defer stalls.end()
	with, err := room.Play(pace)
	if err != nil {
		return err
	}
	l.Fill(with)
	l.StalledP50Ratio = round(l.All10P50 / Millis(plain.All10, 0.5))
	l.StalledRatio = round(l.All10P99 / Millis(plain.All10, 0.99))
	return nil
}

// idle reads what tables and connections cost that nobody plays on. Some tables
// come first: what a server needs once is not counted.
func (m *Measured) idle(l *Line, c Case) error {
	l.Rate = ""
	if err := m.Tables(firstTables); err != nil {
		return err
	}
	time.Sleep(settleFor)
	bare, err := process.RSS(m.PID)
	if err != nil {
		return err
	}
	if err := m.Tables(c.Tables - firstTables); err != nil {
		return err
	}
	time.Sleep(settleFor)
	tables, err := process.RSS(m.PID)
	if err != nil {
		return err
	}
	room, err := Open(m.Game, c.Tables, atOnce)
	if err != nil {
		return err
	}
	defer room.Close()
	time.Sleep(settleFor)
	full, err := process.RSS(m.PID)
	if err != nil {
		return err
	}
	before, err := process.CPU(m.PID)
	if err != nil {
		return err
	}
	time.Sleep(m.Length)
	after, err := process.CPU(m.PID)
	if err != nil {
		return err
	}
	l.RSSMB = round(float64(full) / (1 << 20))
	l.PerSessionKB = round(float64(tables-bare) / 1024 / float64(c.Tables-firstTables))
	l.PerConnectionKB = round(float64(full-tables) / 1024 / float64(room.Connections()))
	l.IdleCores = round((after - before).Seconds() / m.Length.Seconds())
	return nil
}

// usage is CPU time.
type usage struct{ server, store, client time.Duration }

func (u usage) minus(v usage) usage {
	return usage{u.server - v.server, u.store - v.store, u.client - v.client}
}

func (m *Measured) usage() (u usage, err error) {
	if u.server, err = process.CPU(m.PID); err != nil {
		return u, err
	}
	if m.StorePID != 0 {
		if u.store, err = process.CPU(m.StorePID); err != nil {
			return u, err
		}
	}
	u.client, err = process.CPU(os.Getpid())
	return u, err
}
