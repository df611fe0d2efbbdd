// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/test/redistest"
)

// The guards of append.lua, and how a test takes each one out.
var guards = map[string]func(source string) string{
	"owner":    func(source string) string { return strip(source, "owner") },
	"expected": func(source string) string { return strip(source, "expected") },
	// Without explicit ids that must grow, the stream takes everything.
	"stream": func(source string) string {
		return strings.Replace(source, "'XADD', KEYS[2], ARGV[i]", "'XADD', KEYS[2], '*'", 1)
	},
}

// strip removes the lines between a guard's marks.
func strip(source, guard string) string {
	before, rest, _ := strings.Cut(source, "-- guard: "+guard+"\n")
	_, after, _ := strings.Cut(rest, "-- end guard\n")
	return before + after
}

// attack tries what one guard alone prevents, against a session whose journal is
// 1-1 (genesis), 1-2, 2-3 (takeover by b), 2-4, and reports whether the journal
// took it.
type attack func(t *testing.T, r *Redis, client *redis.Client, id string) error

var (
	ownerA = Owner{Shard: "shard-a", Incarnation: "run-1", Epoch: 1}
	ownerB = Owner{Shard: "shard-b", Incarnation: "run-1", Epoch: 2}
	tip    = Position{Epoch: 2, Version: 4}
)

var attacks = map[string]attack{
	// Another run of the owner's shard was given the same epoch, has followed the
	// journal to its end and goes on there: ids grow, the end is as expected.
	"owner": func(t *testing.T, r *Redis, _ *redis.Client, id string) error {
		twin := Owner{Shard: "shard-b", Incarnation: "run-2", Epoch: 2}
		return r.Append(t.Context(), id, twin, tip, one(tip.Next(2)))
	},
	// The owner goes on after entries that Redis lost in a failover: it is the
	// owner, ids grow, and a hole is left.
	"expected": func(t *testing.T, r *Redis, _ *redis.Client, id string) error {
		lost := tip.Next(2)
		return r.Append(t.Context(), id, ownerB, lost, one(lost.Next(2)))
	},
	// The owner key was restored from a backup that is older than the journal:
	// the old owner is the owner again and expects the end that it reads.
	"stream": func(t *testing.T, r *Redis, client *redis.Client, id string) error {
		must(t, client.HSet(t.Context(), r.keys.Owner(id),
			"shard", ownerA.Shard, "incarnation", ownerA.Incarnation, "epoch", ownerA.Epoch).Err())
		// Append itself refuses to send this, which would hide the guard.
		w := r.entriesWrite(&r.scripts.append, []string{r.keys.Owner(id), r.keys.Journal(id)}, ownerA, tip, one(tip.Next(1)))
		_, err := r.committer.do(t.Context(), w)
		return err
	},
}

func one(p Position) []Entry {
	return []Entry{{Position: p, Kind: KindCommand, Data: []byte("intruder")}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEachGuardIsNeeded runs every attack with all guards, where it must be
// refused, and with its guard taken out, where it must get through: so no other
// guard stands in for it, and the attack is real.
func TestEachGuardIsNeeded(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	whole := open(t, server.Options(), Config{}, embeddedScripts())
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			for _, tc := range []struct {
				id          string
				scripts     scripts
				wantRefusal bool
			}{
				{"whole-" + name, embeddedScripts(), true},
				{"stripped-" + name, without(t, name), false},
			} {
				r := open(t, server.Options(), Config{}, tc.scripts)
				prepare(t, whole, tc.id)
				before := client.XLen(t.Context(), r.keys.Journal(tc.id)).Val()
				err := attack(t, r, client, tc.id)
				grown := client.XLen(t.Context(), r.keys.Journal(tc.id)).Val() - before
				if tc.wantRefusal && (!errors.Is(err, ErrStale) && !errors.Is(err, ErrGap) || grown != 0) {
					t.Errorf("%s: got %v and %d entries more, want a refusal", tc.id, err, grown)
				}
				if !tc.wantRefusal && (err != nil || grown != 1) {
					t.Errorf("%s: got %v and %d entries more, want the violation", tc.id, err, grown)
				}
			}
		})
	}
}

// TestStrippedGuardsDoNotStandInForEachOther runs each attack with the other two
// guards taken out: its own guard alone must stop it.
func TestStrippedGuardsDoNotStandInForEachOther(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	whole := open(t, server.Options(), Config{}, embeddedScripts())
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			s := embeddedScripts()
			for other, take := range guards {
				if other != name {
					s.append = newScript(take(s.append.source))
				}
			}
			r := open(t, server.Options(), Config{}, s)
			prepare(t, whole, "alone-"+name)
			before := client.XLen(t.Context(), r.keys.Journal("alone-"+name)).Val()
			err := attack(t, r, client, "alone-"+name)
			if err == nil || client.XLen(t.Context(), r.keys.Journal("alone-"+name)).Val() != before {
				t.Errorf("the guard alone lets the attack through: %v", err)
			}
		})
	}
}

func without(t *testing.T, guard string) scripts {
	t.Helper()
	s := embeddedScripts()
	stripped := guards[guard](s.append.source)
	if stripped == s.append.source {
		t.Fatalf("guard %s is not found in append.lua", guard)
	}
	s.append = newScript(stripped)
	return s
}

// patience is how long a write may take in a test that is not about timeouts.
const patience = 20 * time.Second

// open opens a journal for the length of a test; its writes are given patience if
// the config does not say otherwise.
func open(t testing.TB, opt *redis.Options, cfg Config, s scripts) *Redis {
	t.Helper()
	cfg.CommitTimeout = cmp.Or(cfg.CommitTimeout, patience)
	r, err := newRedis(opt, cfg, s)
	must(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// prepare makes the journal that the attacks expect.
func prepare(t testing.TB, r *Redis, id string) {
	t.Helper()
	ctx := t.Context()
	assign(t, r, id, ownerA, ModeCreate)
	p, err := r.Create(ctx, id, ownerA, nil)
	must(t, err)
	must(t, r.Append(ctx, id, ownerA, p, one(p.Next(1))))
	assign(t, r, id, ownerB, ModeFailover)
	p, err = r.Takeover(ctx, id, ownerB, Takeover{})
	must(t, err)
	must(t, r.Append(ctx, id, ownerB, p, one(p.Next(2))))
	if p.Next(2) != tip {
		t.Fatalf("the journal ends at %s, want %s", p.Next(2), tip)
	}
}

func assign(t testing.TB, r *Redis, id string, me Owner, mode Mode) {
	t.Helper()
	must(t, r.Assign(t.Context(), Assignment{Session: id, Epoch: me.Epoch, Shard: me.Shard, Pool: "games.main", Mode: mode}))
}
