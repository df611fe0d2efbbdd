// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/test/redistest"
)

// withReplica starts a primary with a replica. patient waits for the replica as
// long as a busy machine may take; impatient does not.
func withReplica(t *testing.T) (primary, replica *redistest.Server, patient, impatient *Redis) {
	t.Helper()
	primary = redistest.Start(t)
	replica = redistest.StartReplica(t, primary)
	patient = open(t, primary.Options(), Config{Replicas: 1, WaitTimeout: patience}, embeddedScripts())
	return primary, replica, patient, unwilling(t, primary)
}

// unwilling has a connection of its own and hardly waits for replicas.
func unwilling(t *testing.T, primary *redistest.Server) *Redis {
	return open(t, primary.Options(), Config{Replicas: 1, WaitTimeout: 50 * time.Millisecond}, embeddedScripts())
}

func TestAcknowledgedEntriesAreOnTheReplica(t *testing.T) {
	primary, replica, r, _ := withReplica(t)
	var mu sync.Mutex
	acked := map[string]Position{}
	var all sync.WaitGroup
	for i := range 8 {
		id := fmt.Sprintf("s-%d", i)
		at := start(t, r, id)
		all.Go(func() {
			for range 40 {
				if err := r.Append(t.Context(), id, ownerA, at, one(at.Next(1))); err != nil {
					t.Errorf("appending: %v", err)
					return
				}
				at = at.Next(1)
			}
			mu.Lock()
			defer mu.Unlock()
			acked[id] = at
		})
	}
	all.Wait()
	primary.Kill()
	must(t, replica.Promote(t.Context()))
	promoted := open(t, replica.Options(), Config{}, embeddedScripts())
	for id, want := range acked {
		if got := last(t, promoted, id); got != want {
			t.Errorf("session %s ends at %s on the replica, %s was acknowledged", id, got, want)
		}
		must(t, promoted.Append(t.Context(), id, ownerA, want, one(want.Next(1))))
	}
}

func TestStalledReplicaMeansNoAcknowledgement(t *testing.T) {
	_, replica, patient, r := withReplica(t)
	at := start(t, patient, "s")
	must(t, replica.Pause())
	wantErr(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))), ErrNotReplicated)
	wantErr(t, r.Barrier(t.Context(), "s"), ErrNotReplicated)
	wantErr(t, r.Confirm(t.Context(), "s", ownerA), ErrNotReplicated)
	assign(t, r, "s", ownerB, ModeFailover)
	p, err := r.Takeover(t.Context(), "s", ownerB, Takeover{})
	wantErr(t, err, ErrNotReplicated)
	if want := at.Next(1).Next(2); p != want {
		t.Errorf("taken over at %s, want %s though nobody confirmed", p, want)
	}
	if got := last(t, r, "s"); got != p {
		t.Errorf("the journal ends at %s, want %s: it is written", got, p)
	}
	must(t, replica.Resume())
	eventually(t, func() error { return r.Barrier(t.Context(), "s") })
	again, err := patient.Takeover(t.Context(), "s", ownerB, Takeover{})
	if err != nil || again != p {
		t.Errorf("repeated: %s, %v, want %s", again, err, p)
	}
}

// TestFreshConnectionDoesNotClaimWhatItDidNotWrite: WAIT speaks for its own
// connection, and a server may tell one that wrote nothing that all have it.
func TestFreshConnectionDoesNotClaimWhatItDidNotWrite(t *testing.T) {
	primary, replica, patient, r := withReplica(t)
	at := start(t, patient, "s")
	assign(t, r, "s", ownerB, ModeFailover)
	must(t, replica.Pause())
	p, err := r.Takeover(t.Context(), "s", ownerB, Takeover{Expect: at})
	wantErr(t, err, ErrNotReplicated)
	// The repeated takeover writes nothing, on a connection that wrote nothing.
	fresh := unwilling(t, primary)
	again, err := fresh.Takeover(t.Context(), "s", ownerB, Takeover{Expect: at})
	wantErr(t, err, ErrNotReplicated)
	if again != p {
		t.Errorf("repeated: %s, want %s", again, p)
	}
}

func TestProbe(t *testing.T) {
	tests := map[string]struct {
		args     []string
		replicas int
		want     Durability
		words    string
	}{
		"fsync":       {nil, 0, Durability{Level: LevelFsync, Role: "master"}, "fsync"},
		"everysec":    {[]string{"--appendfsync", "everysec"}, 0, Durability{Level: LevelEverySec, Role: "master"}, "everysec"},
		"no fsync":    {[]string{"--appendfsync", "no"}, 0, Durability{Level: LevelNone, Role: "master"}, "none"},
		"no file":     {[]string{"--appendonly", "no"}, 2, Durability{Level: LevelNone, Replicas: 2, Role: "master"}, "none+replicas"},
		"evicts":      {[]string{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"}, 0, Durability{Level: LevelFsync, Role: "master", Evicts: true}, "fsync"},
		"not allowed": {[]string{"--rename-command", "CONFIG", "", "--rename-command", "INFO", ""}, 0, Durability{Level: LevelUnknown}, "unknown"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t, tc.args...)
			r := open(t, server.Options(), Config{Replicas: tc.replicas}, embeddedScripts())
			got, err := r.Probe(t.Context())
			must(t, err)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("durability (-want +got):\n%s", diff)
			}
			if got.String() != tc.words {
				t.Errorf("in words %q, want %q", got, tc.words)
			}
		})
	}
	t.Run("replica", func(t *testing.T) {
		_, replica, r, _ := withReplica(t)
		got, err := r.Probe(t.Context())
		must(t, err)
		if got.Connected != 1 || got.Role != "master" {
			t.Errorf("got %+v, want a master with a replica", got)
		}
		got, err = ProbeServer(t.Context(), replica.Client(t))
		must(t, err)
		if got.Role != "slave" {
			t.Errorf("role %q, want slave", got.Role)
		}
	})
}
