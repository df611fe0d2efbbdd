// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/test/robust/internal/aof"
)

// owner is the owner key of a session at one moment.
type owner struct {
	shard, incarnation string
	epoch              uint64
}

// assignment is the assign key of a session at one moment.
type assignment struct {
	shard, mode string
	epoch       uint64
}

// written is one entry and who was owner and assigned when it was written.
type written struct {
	journal.Entry
	owner    owner
	assigned assignment
	// copied says that it was there when the server got its copy: nothing is
	// known of owner and assignment at its time.
	copied bool
}

// stored is a snapshot as it was stored first.
type stored struct {
	data   []byte
	copied bool // it was there when the server got its copy
}

// chronicle is everything that ever happened to one session, in order.
type chronicle struct {
	entries   []written
	owners    []owner // one after each change
	assigned  []assignment
	snapshots map[journal.Position]stored

	owner    owner
	assignee assignment
}

// readChronicles reads the append-only files of a server.
func readChronicles(dir string, ids []string) (map[string]*chronicle, error) {
	all := map[string]*chronicle{}
	for _, id := range ids {
		all[id] = &chronicle{snapshots: map[journal.Position]stored{}}
	}
	err := aof.Read(dir, func(command []string, base bool) error {
		if len(command) < 2 {
			return nil
		}
		_, rest, found := strings.Cut(command[1], "{")
		id, key, closed := strings.Cut(rest, "}:")
		c := all[id]
		if !found || !closed || c == nil {
			return nil
		}
		return c.take(strings.ToLower(command[0]), key, command[2:], base)
	})
	return all, err
}

func (c *chronicle) take(verb, key string, args []string, base bool) error {
	switch {
	case key == "journal" && verb == "xadd":
		return c.add(args, base)
	case key == "owner" && (verb == "hset" || verb == "hmset"):
		fields := pairs(args)
		before := c.owner
		read(fields, "shard", &c.owner.shard)
		read(fields, "incarnation", &c.owner.incarnation)
		readNumber(fields, "epoch", &c.owner.epoch)
		if c.owner != before {
			c.owners = append(c.owners, c.owner)
		}
	case key == "assign" && (verb == "hset" || verb == "hmset"):
		fields := pairs(args)
		before := c.assignee
		read(fields, "shard", &c.assignee.shard)
		read(fields, "mode", &c.assignee.mode)
		readNumber(fields, "epoch", &c.assignee.epoch)
		if c.assignee != before {
			c.assigned = append(c.assigned, c.assignee)
		}
	case key == "snapshots" && (verb == "hset" || verb == "hmset"):
		for field, value := range pairs(args) {
			p, err := journal.ParsePosition(field)
			if err != nil {
				return err
			}
			if _, known := c.snapshots[p]; !known { // a second one was put there by a fault
				c.snapshots[p] = stored{[]byte(value), base}
			}
		}
	}
	return nil
}

func (c *chronicle) add(args []string, base bool) error {
	at := slices.IndexFunc(args, func(arg string) bool { return strings.Contains(arg, "-") })
	if at < 0 {
		return fmt.Errorf("an entry without an id: %.80q", args)
	}
	p, err := journal.ParsePosition(args[at])
	if err != nil {
		return err
	}
	fields := pairs(args[at+1:])
	c.entries = append(c.entries, written{
		Entry: journal.Entry{Position: p, Kind: journal.Kind(fields["k"]), Data: []byte(fields["d"])},
		owner: c.owner, assigned: c.assignee, copied: base,
	})
	return nil
}

func pairs(args []string) map[string]string {
	fields := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		fields[args[i]] = args[i+1]
	}
	return fields
}

func read(fields map[string]string, name string, into *string) {
	if value, is := fields[name]; is {
		*into = value
	}
}

func readNumber(fields map[string]string, name string, into *uint64) {
	if value, is := fields[name]; is {
		*into, _ = strconv.ParseUint(value, 10, 64)
	}
}

// forget drops a snapshot that a fault has changed, unless it is known as it was
// before: a server that got its copy afterwards has never seen that.
func (c *chronicle) forget(position string) {
	if p, err := journal.ParsePosition(position); err == nil && c.snapshots[p].copied {
		delete(c.snapshots, p)
	}
}

// command is what an entry says of a player's command.
type command struct {
	Player   string `json:"player"`
	N        uint64 `json:"n"`
	ActionID string `json:"action_id"`
	Time     int64  `json:"time"`
}

func (w *written) command() (command, error) {
	var c command
	if w.Kind != journal.KindCommand {
		return c, nil
	}
	if err := json.Unmarshal(w.Data, &c); err != nil {
		return c, fmt.Errorf("decoding entry %s: %w", w.Position, err)
	}
	return c, nil
}

// start is what a fold of the journal begins with: the genesis entry or, where
// the server's copy was trimmed, the oldest snapshot that goes on from there.
func (c *chronicle) start() (*journal.Loaded, error) {
	loaded := &journal.Loaded{}
	for i := range c.entries {
		loaded.Entries = append(loaded.Entries, c.entries[i].Entry)
	}
	if len(c.entries) == 0 || c.entries[0].Kind == journal.KindGenesis {
		return loaded, nil
	}
	for i := range c.entries {
		at := c.entries[i].Position
		head, data, is := bytes.Cut(c.snapshots[at].data, []byte{'\n'})
		if !is {
			continue
		}
		var seal struct {
			Schema string `json:"schema"`
		}
		if err := json.Unmarshal(head, &seal); err != nil {
			return nil, fmt.Errorf("reading the snapshot at %s: %w", at, err)
		}
		loaded.Snapshot = &journal.Snapshot{Position: at, Schema: seal.Schema, Data: data}
		loaded.Entries = loaded.Entries[i+1:]
		return loaded, nil
	}
	return nil, errors.New("the journal begins neither with its genesis nor with a snapshot")
}

// first is the position of the oldest entry that is known.
func (c *chronicle) first() journal.Position {
	if len(c.entries) == 0 {
		return journal.Position{}
	}
	return c.entries[0].Position
}
