// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/wire"
)

func byToken(player string, role auth.Role) Caller {
	return Caller{Player: player, Token: &auth.Claims{Session: testSession, Player: player, Role: role}}
}

// TestPermit asks for every verb, by token and by name, and compares with the
// table; nobody gets anything in another session.
func TestPermit(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	for _, tc := range []struct {
		caller Caller
		role   auth.Role
	}{
		{byToken("gm", auth.GameMaster), auth.GameMaster},
		{byToken("ann", auth.Player), auth.Player},
		{byToken("eve", auth.Spectator), auth.Spectator},
		{Caller{Player: "gm"}, auth.GameMaster},
		{Caller{Player: "ann"}, auth.Player},
	} {
		for _, verb := range auth.Verbs {
			for _, whose := range []auth.Whose{auth.Own, auth.Others} {
				got, err := s.Permit(t.Context(), tc.caller, verb, whose)
				want := auth.Claims{Session: testSession, Role: tc.role}.Allowed(testSession, verb, whose)
				if (err == nil) != want || err != nil && !errors.Is(err, ErrNotAllowed) || got.Role != tc.role {
					t.Errorf("%+v %s %s: %v as %s, want %v as %s", tc.caller, verb, whose, err, got.Role, want, tc.role)
				}
			}
			foreign := byToken("gm", auth.GameMaster)
			foreign.Token.Session = "s2"
			if _, err := s.Permit(t.Context(), foreign, verb, auth.Own); err == nil {
				t.Errorf("a token of another session may %s", verb)
			}
		}
	}
	for _, stranger := range []Caller{{Player: "bob"}, byToken("bob", auth.Player), byToken("ann", auth.GameMaster), byToken("gm", "admin")} {
		if _, err := s.Permit(t.Context(), stranger, auth.Watch, auth.Own); !errors.Is(err, ErrNotMember) {
			t.Errorf("%+v: %v, want %v", stranger, err, ErrNotMember)
		}
	}
}

func TestLookShowsTheViewOfTheRole(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	last := gm.acked(`{"type":"start_combat"}`)
	catchUp(last.Version, gm, ann)
	for _, c := range []*client{gm, ann} {
		look, err := s.Look(t.Context(), Caller{Player: c.claims.Player}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if look.Hash != c.doc.Hash() || look.Position.Version != last.Version || len(look.State) != c.doc.Len() || look.Connected != 1 || look.Most != 4 {
			t.Errorf("%s sees %+v", c.claims.Player, look)
		}
	}
	part, err := s.Look(t.Context(), Caller{Player: "ann"}, []string{"/combat/round"})
	if err != nil || len(part.State) != 1 || string(part.State["/combat/round"]) != "1" {
		t.Errorf("a part: %v, %v", part.State, err)
	}
	if _, hidden := part.State["/creatures/goblin/hp"]; hidden {
		t.Error("a player sees the goblin's hit points")
	}
}

func TestHistoryIsPaged(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	var want []uint64
	for i := range 7 {
		want = append(want, gm.acked(fmt.Sprintf(`{"type":"set_hp","creature":"goblin","hp":%d}`, 100+i)).Version)
	}
	var got []uint64
	for after := uint64(0); ; {
		page, err := s.History(t.Context(), Caller{Player: "gm"}, after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, told := range page.Updates {
			got = append(got, told.Update.Version)
		}
		if after = page.Last; after == page.Newest {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	hers, err := s.History(t.Context(), Caller{Player: "ann"}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, told := range hers.Updates {
		for _, c := range told.Update.Changes {
			if c.Path == "/creatures/goblin/hp" {
				t.Errorf("a player's history tells %s", c.Path)
			}
		}
	}
	if err := s.call(t.Context(), func() { s.ring.links = s.ring.links[4:] }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.History(t.Context(), Caller{Player: "gm"}, 1, 3); !errorIs[*TooOldError](err) {
		t.Errorf("too old: %v", err)
	}
}

func errorIs[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}

func TestRoster(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	newClient(t, "ann", auth.Player).attach(s)
	newClient(t, "eve", auth.Spectator).attach(s)
	if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "mallory", Ban); err != nil {
		t.Fatal(err)
	}
	gm := []Seat{{Player: "gm", Role: auth.GameMaster}, {Player: "ann", Role: auth.Player, Connected: true}}
	for player, want := range map[string][]Seat{
		"ann": gm,
		"gm":  append(slices.Clone(gm), Seat{Player: "mallory", Role: auth.Player, Banned: true}),
	} {
		got, err := s.Roster(t.Context(), Caller{Player: player})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Roster{Seats: want, Spectators: 1}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", player, diff)
		}
	}
}

func TestJoin(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	bound := byToken("ann", auth.Player)
	bound.Token.Character = "aria"
	tests := map[string]struct {
		caller    Caller
		role      auth.Role
		character string
		want      auth.Claims
		err       error
	}{
		"by name":                   {Caller{Player: "ann"}, "", "", auth.Claims{Player: "ann", Role: auth.Player}, nil},
		"with a character":          {Caller{Player: "ann"}, auth.Player, "aria", auth.Claims{Player: "ann", Role: auth.Player, Character: "aria"}, nil},
		"another's character":       {Caller{Player: "ann"}, "", "goblin", auth.Claims{}, ErrNoCharacter},
		"no such character":         {Caller{Player: "ann"}, "", "zed", auth.Claims{}, ErrNoCharacter},
		"the game master":           {Caller{Player: "gm"}, "", "", auth.Claims{Player: "gm", Role: auth.GameMaster}, nil},
		"a creature of his":         {Caller{Player: "gm"}, "", "goblin", auth.Claims{Player: "gm", Role: auth.GameMaster, Character: "goblin"}, nil},
		"to watch":                  {Caller{Player: "ann"}, auth.Spectator, "", auth.Claims{Player: "ann", Role: auth.Spectator}, nil},
		"as more than she is":       {Caller{Player: "ann"}, auth.GameMaster, "", auth.Claims{}, ErrNotAllowed},
		"not on the roster":         {Caller{Player: "bob"}, "", "", auth.Claims{}, ErrNotMember},
		"not even to watch":         {Caller{Player: "bob"}, auth.Spectator, "", auth.Claims{}, ErrNotMember},
		"again, by token":           {byToken("ann", auth.Player), "", "aria", auth.Claims{Player: "ann", Role: auth.Player, Character: "aria"}, nil},
		"by token, as more":         {byToken("ann", auth.Spectator), auth.Player, "", auth.Claims{}, ErrNotAllowed},
		"bound to a character":      {bound, "", "", auth.Claims{Player: "ann", Role: auth.Player, Character: "aria"}, nil},
		"bound, as another":         {bound, "", "goblin", auth.Claims{}, ErrNoCharacter},
		"a game master as a player": {Caller{Player: "gm"}, auth.Player, "", auth.Claims{}, ErrNotAllowed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, look, err := s.Join(t.Context(), tc.caller, tc.role, tc.character)
			if !errors.Is(err, tc.err) {
				t.Fatalf("%v, want %v", err, tc.err)
			}
			if err != nil {
				return
			}
			tc.want.Session = testSession
			if got != tc.want || look.Role != got.Role || len(look.State) == 0 {
				t.Errorf("claims %+v, want %+v; look as %s", got, tc.want, look.Role)
			}
		})
	}
	spec := duelSpec()
	spec.MaxPlayers, spec.Open = 1, true
	s.SetSpec(spec)
	newClient(t, "ann", auth.Player).attach(s)
	if _, _, err := s.Join(t.Context(), Caller{Player: "bob"}, "", ""); !errors.Is(err, ErrFull) {
		t.Errorf("the second of one: %v", err)
	}
	if _, _, err := s.Join(t.Context(), Caller{Player: "ann"}, "", ""); err != nil {
		t.Errorf("who is here: %v", err)
	}
}

// TestJoinAfterAKick: the next token has the generation that is taken; a ban
// gives none.
func TestJoinAfterAKick(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	change := func(by Caller, verb AccessVerb) {
		t.Helper()
		if _, err := s.ChangeAccess(t.Context(), by, "ann", verb); err != nil {
			t.Fatal(err)
		}
	}
	change(Caller{Player: "gm"}, Kick)
	if _, _, err := s.Join(t.Context(), byToken("ann", auth.Player), "", ""); !errors.Is(err, ErrRevoked) {
		t.Errorf("by the token of before: %v", err)
	}
	claims, _, err := s.Join(t.Context(), Caller{Player: "ann"}, "", "")
	if err != nil || claims.Generation != 1 {
		t.Fatalf("claims %+v, %v", claims, err)
	}
	c := holder(t, claims.Generation)
	if err := c.enters(s); err != nil {
		t.Error(err)
	}
	change(Caller{Player: "ann"}, Revoke) // she leaves
	if err := c.detached(); !errors.Is(err, ErrRevoked) {
		t.Errorf("her connection ended with %v", err)
	}
	for verb, by := range map[AccessVerb]Caller{Kick: {Player: "gm"}, Ban: {Player: "ann"}} {
		if _, err := s.ChangeAccess(t.Context(), by, by.Player, verb); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%s of oneself: %v", verb, err)
		}
	}
	change(Caller{Player: "gm"}, Ban)
	if _, _, err := s.Join(t.Context(), Caller{Player: "ann"}, "", ""); !errors.Is(err, ErrBanned) {
		t.Errorf("banned: %v", err)
	}
}

func TestEnd(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	if err := s.End(t.Context(), Caller{Player: "ann"}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a player ends it: %v", err)
	}
	for range 2 { // the second time nothing happens
		if err := s.End(t.Context(), Caller{Player: "gm"}); err != nil {
			t.Fatal(err)
		}
	}
	look, err := s.Look(t.Context(), Caller{Player: "ann"}, []string{"/session"})
	if err != nil || string(look.State["/session/lifecycle"]) != `"`+registry.LifecycleEnded+`"` || look.State["/session/dice/seed"] == nil || look.Position.Version != 2 {
		t.Errorf("after the end: %+v, %v", look, err)
	}
	if err := s.End(t.Context(), Caller{Player: "ann"}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a player ends it again: %v", err)
	}
	if _, _, err := s.Edit(t.Context(), Caller{Player: "gm"}, Edit{Base: 2, Changes: []LeafEdit{{"/creatures/goblin/hp", []byte("1")}}}); !errors.Is(err, ErrEnded) {
		t.Errorf("an edit: %v", err)
	}
	if f := newAttached(t, s).do(`{"type":"start_combat"}`); f.Type != wire.TypeRefusal {
		t.Errorf("a command: %s", f.Data)
	}
}

func newAttached(t *testing.T, s *Session) *client {
	c := newClient(t, "gm", auth.GameMaster)
	c.attach(s)
	return c
}

// TestCallsGivenUp: what a call does after its caller has given it up shows
// nowhere. The race detector is the judge.
func TestCallsGivenUp(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	ann := Caller{Player: "ann"}
	for range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := s.Permit(ctx, ann, auth.Watch, auth.Own); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		c := newClient(t, "ann", auth.Player)
		if member, err := s.Attach(ctx, c.claims, c, nil); err == nil {
			member.Leave()
		} else if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if look, err := s.Look(t.Context(), ann, nil); err != nil || look.Connected > 1 {
		t.Errorf("%d are connected (%v)", look.Connected, err)
	}
}
