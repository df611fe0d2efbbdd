// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"fmt"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/wire"
)

// ring10 is a fight of ten players, each beside the one it attacks, who outlast
// any benchmark.
func ring10() json.RawMessage {
	type object = map[string]any
	fighters := make([]object, 10)
	for i := range fighters {
		id := fmt.Sprintf("p%d", i)
		fighters[i] = object{
			"id": id, "name": id, "controller": id, "side": []string{"reds", "blues"}[i/5], "position": []int{i % 5, i / 5},
			"ac": 14, "maxHP": 10_000, "speed": 30, "dexterity": 14,
			"attacks": []object{{
				"id": "sword", "name": "Sword", "kind": "melee", "attackBonus": 6, "reach": 5,
				"damage": []object{{"dice": "1", "type": "slashing"}},
			}},
		}
	}
	out, err := json.Marshal(object{"map": object{"width": 6, "height": 6}, "combatants": fighters})
	if err != nil {
		panic(err) // plain values
	}
	return out
}

// deliveries counts what members get.
type deliveries struct{ frames chan wire.Type }

func (d *deliveries) Deliver(m Message) bool                      { d.frames <- m.Type; return true }
func (d *deliveries) Flush()                                      {}
func (d *deliveries) Detached(error)                              {}
func (d *deliveries) HandoffAhead(string, uint64) <-chan struct{} { return nil }

// BenchmarkTurn is one action from the inbox to all ten members: decided, folded,
// encoded, appended to a journal in memory, acknowledged and fanned out.
func BenchmarkTurn(b *testing.B) {
	m := journal.NewMemory()
	if err := m.Assign(b.Context(), journal.Assignment{Session: testSession, Epoch: 1, Shard: "a", Pool: "ns.pool", Mode: journal.ModeCreate}); err != nil {
		b.Fatal(err)
	}
	spec := duelSpec()
	spec.Scenario, spec.Open = ring10(), true
	spec.Lifecycle = registry.LifecycleRunning
	s, err := Create(b.Context(), testConfig(m), owner("a", 1), spec)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Stop(); <-s.Done() })
	gm := &deliveries{make(chan wire.Type, 64)}
	master, err := s.Attach(b.Context(), auth.Claims{Session: testSession, Player: "gm", Role: auth.GameMaster}, gm, nil)
	if err != nil {
		b.Fatal(err)
	}
	master.Command(wire.ActionDeclare{N: 1, ActionID: "start", Action: json.RawMessage(`{"type":"start_combat"}`)})
	for range 3 {
		<-gm.frames
	}
	master.Leave()
	told := &deliveries{make(chan wire.Type, 64)}
	var members [10]*Member
	for i := range members {
		claims := auth.Claims{Session: testSession, Player: fmt.Sprintf("p%d", i), Role: auth.Player}
		if members[i], err = s.Attach(b.Context(), claims, told, nil); err != nil {
			b.Fatal(err)
		}
		<-told.frames
	}
	turn := func() int {
		who := make(chan int, 1)
		if err := s.call(b.Context(), func() {
			combat := s.state.Fight.Combat
			who <- int(combat.Order[combat.Turn].Creature[1] - '0')
		}); err != nil {
			b.Fatal(err)
		}
		return <-who
	}
	// The order is that of the initiative and stays as it is.
	order := make([]int, 0, 10)
	n := uint64(0)
	act := func(seat int) {
		action := fmt.Sprintf(`{"type":"sequence","actions":[{"type":"attack","attacker":"p%d","target":"p%d","attack":"sword"},{"type":"end_turn","creature":"p%d"}]}`, seat, (seat+5)%10, seat)
		members[seat].Command(wire.ActionDeclare{N: n/10 + 1, ActionID: "a", Action: json.RawMessage(action)})
		for range 11 {
			if <-told.frames == wire.TypeRefusal {
				b.Fatal("refused")
			}
		}
		n++
	}
	for range 10 {
		order = append(order, turn())
		act(order[len(order)-1])
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		act(order[i%10])
	}
}
