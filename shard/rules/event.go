// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Bounds of the events of one command.
const (
	MaxEvents      = 512
	MaxEventsBytes = 240 << 10
)

// Event is something that happened. The set of events is closed; each event
// says how it changes the state, which entities it touches, and what those
// who are not game masters may see of it.
type Event interface {
	// Kind is the value of "type" in the JSON form.
	Kind() string
	// apply checks the event against the state and then changes it; on
	// error it has changed nothing.
	apply(s *State) error
	touch(t *touched)
	// redact gives what the view sees: a value that encodes as a JSON
	// object, or nil for nothing. It is not asked for the game master.
	redact(s *State, v View) any
}

var events = map[string]func(raw []byte) (Event, error){
	CombatStarted{}.Kind():      eventOf[CombatStarted],
	InitiativeRolled{}.Kind():   eventOf[InitiativeRolled],
	CombatEnded{}.Kind():        eventOf[CombatEnded],
	TurnStarted{}.Kind():        eventOf[TurnStarted],
	TurnEnded{}.Kind():          eventOf[TurnEnded],
	Granted{}.Kind():            eventOf[Granted],
	Acted{}.Kind():              eventOf[Acted],
	HandsChanged{}.Kind():       eventOf[HandsChanged],
	Moved{}.Kind():              eventOf[Moved],
	HeightChanged{}.Kind():      eventOf[HeightChanged],
	AttackRolled{}.Kind():       eventOf[AttackRolled],
	AttackTurned{}.Kind():       eventOf[AttackTurned],
	SaveRolled{}.Kind():         eventOf[SaveRolled],
	CheckRolled{}.Kind():        eventOf[CheckRolled],
	DamageRolled{}.Kind():       eventOf[DamageRolled],
	DamageDealt{}.Kind():        eventOf[DamageDealt],
	Healed{}.Kind():             eventOf[Healed],
	TempHPGained{}.Kind():       eventOf[TempHPGained],
	HPSet{}.Kind():              eventOf[HPSet],
	MaxDrained{}.Kind():         eventOf[MaxDrained],
	CreatureFell{}.Kind():       eventOf[CreatureFell],
	DeathCounted{}.Kind():       eventOf[DeathCounted],
	Revived{}.Kind():            eventOf[Revived],
	EffectAdded{}.Kind():        eventOf[EffectAdded],
	EffectChanged{}.Kind():      eventOf[EffectChanged],
	EffectEnded{}.Kind():        eventOf[EffectEnded],
	ConcentrationBegun{}.Kind(): eventOf[ConcentrationBegun],
	ConcentrationEnded{}.Kind(): eventOf[ConcentrationEnded],
	ZoneAdded{}.Kind():          eventOf[ZoneAdded],
	ZoneStruck{}.Kind():         eventOf[ZoneStruck],
	ZoneClocked{}.Kind():        eventOf[ZoneClocked],
	ZoneEnded{}.Kind():          eventOf[ZoneEnded],
	WindowOpened{}.Kind():       eventOf[WindowOpened],
	WindowClosed{}.Kind():       eventOf[WindowClosed],
	OrdersGiven{}.Kind():        eventOf[OrdersGiven],
	ReadySet{}.Kind():           eventOf[ReadySet],
	Hidden{}.Kind():             eventOf[Hidden],
	Revealed{}.Kind():           eventOf[Revealed],
	Resisted{}.Kind():           eventOf[Resisted],
	SpellStopped{}.Kind():       eventOf[SpellStopped],
	Recharged{}.Kind():          eventOf[Recharged],
	HarmForgotten{}.Kind():      eventOf[HarmForgotten],
	DoorMoved{}.Kind():          eventOf[DoorMoved],
	Spawned{}.Kind():            eventOf[Spawned],
	OrderSet{}.Kind():           eventOf[OrderSet],
	CreatureAdded{}.Kind():      eventOf[CreatureAdded],
	CreatureRemoved{}.Kind():    eventOf[CreatureRemoved],
}

func eventOf[E Event](raw []byte) (Event, error) { return readTyped[E](raw) }

// Apply changes the state by one event. An error means that the event does
// not belong to this history; the state is then unchanged.
func (s *State) Apply(e Event) error {
	if err := e.apply(s); err != nil {
		return fmt.Errorf("applying %s: %w", e.Kind(), err)
	}
	return nil
}

// ApplyAll applies all events of one command in order and checks that what
// they leave is whole. After an error the state may hold some of them and
// must be thrown away.
func (s *State) ApplyAll(list []Event) error {
	for _, event := range list {
		if err := s.Apply(event); err != nil {
			return err
		}
	}
	if err := s.settled(); err != nil {
		return fmt.Errorf("after applying %d events: %w", len(list), err)
	}
	return nil
}

// EncodeEvents writes events as a JSON array of objects, each with its "type".
func EncodeEvents(list []Event) ([]byte, error) {
	var w Texts
	if err := EncodeTo(&w, list); err != nil {
		return nil, err
	}
	return AppendEvents(nil, w.list), nil
}

// EncodeTo adds each event by itself to w, as a game master sees it.
func EncodeTo(w *Texts, list []Event) error {
	w.expect(len(list))
	for _, event := range list {
		if err := w.add(event.Kind(), event); err != nil {
			return err
		}
	}
	return nil
}

// AppendEvents appends what EncodeTo gave as one array.
func AppendEvents(out []byte, each []json.RawMessage) []byte {
	size := 2
	for _, event := range each {
		size += len(event) + 1
	}
	out = append(slices.Grow(out, size), '[')
	for i, event := range each {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, event...)
	}
	return append(out, ']')
}

// DecodeEvents reads the form that EncodeEvents writes; it accepts neither
// unknown types nor unknown fields.
func DecodeEvents(raw []byte) ([]Event, error) {
	if len(raw) > MaxEventsBytes {
		return nil, fmt.Errorf("decoding events: %d bytes are more than %d", len(raw), MaxEventsBytes)
	}
	var parts []json.RawMessage
	if err := strict(raw, &parts); err != nil {
		return nil, fmt.Errorf("decoding events: %w", err)
	}
	if len(parts) > MaxEvents {
		return nil, fmt.Errorf("decoding events: %d events are more than %d", len(parts), MaxEvents)
	}
	list := make([]Event, len(parts))
	for i, part := range parts {
		var err error
		if list[i], err = decodeEvent(part); err != nil {
			return nil, fmt.Errorf("decoding event %d: %w", i, err)
		}
	}
	return list, nil
}

func decodeEvent(raw []byte) (Event, error) {
	kind, err := typeOf(raw)
	if err != nil {
		return nil, err
	}
	decode, known := events[kind]
	if !known {
		return nil, fmt.Errorf("unknown type %.40q", kind)
	}
	event, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", kind, err)
	}
	return event, nil
}

// touched gathers the entities that events touch.
type touched struct {
	state *State
	names []string
}

func (t *touched) combat()            { t.names = append(t.names, entityCombat) }
func (t *touched) creature(id string) { t.names = append(t.names, entityCreature+id) }
func (t *touched) sheet(id string)    { t.names = append(t.names, entityCreature+id+suffixSheet) }
func (t *touched) zones()             { t.names = append(t.names, entityZones) }
func (t *touched) floor()             { t.names = append(t.names, entityMap) }

// Touched lists the entities to render again after the events, sorted and
// each once. It may be asked before or after they are applied.
func (s *State) Touched(list []Event) []string {
	t := &touched{state: s, names: make([]string, 0, 4)}
	for _, event := range list {
		event.touch(t)
	}
	slices.Sort(t.names)
	return slices.Compact(t.names)
}
