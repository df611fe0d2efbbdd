// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What players may have written down for years: these values never change.
// (sha256 and HMAC-SHA256 as the comments say, computed with another program.)
func TestFairVectors(t *testing.T) {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(i)
	}
	if got, want := Commit(seed), "ceef35bddb8573262f115dabd7138da182fc7e2d30302755b3f9cf6a9ab25c84"; got != want {
		t.Errorf("commitment %s, want %s", got, want)
	}
	key := Key(seed, "s-1", map[string]string{"bram": "xyz", "aria": "abc"})
	if got, want := hex.EncodeToString(key[:]), "6932d831a5129a824d7089a8b85084967e6a96c3dfd2482d3d7ef454c514301f"; got != want {
		t.Errorf("key %s, want %s", got, want)
	}
}

func TestKeysDiffer(t *testing.T) {
	base := Key([32]byte{1}, "s", map[string]string{"a": "b"})
	for name, other := range map[string][32]byte{
		"seed":                 Key([32]byte{2}, "s", map[string]string{"a": "b"}),
		"session":              Key([32]byte{1}, "t", map[string]string{"a": "b"}),
		"nonce":                Key([32]byte{1}, "s", map[string]string{"a": "c"}),
		"player":               Key([32]byte{1}, "s", map[string]string{"b": "b"}),
		"no nonce":             Key([32]byte{1}, "s", nil),
		"one more":             Key([32]byte{1}, "s", map[string]string{"a": "b", "c": "d"}),
		"cut in another place": Key([32]byte{1}, "sa", map[string]string{"": "b"}),
	} {
		if other == base {
			t.Errorf("another %s gives the same key", name)
		}
	}
}

func TestValidNonce(t *testing.T) {
	for text, want := range map[string]bool{
		"a": true, strings.Repeat("x", 64): true, "!~": true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "ä": false, "a\n": false,
	} {
		if ValidNonce(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// game plays a session of random dice and writes its transcript.
func game(t *rapid.T) []Line {
	seed := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
	nonces := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,4}`), rapid.StringMatching(`[!-~]{1,8}`), 0, 3).Draw(t, "nonces")
	lines := []Line{{Kind: LineSession, Format: TranscriptFormat, Session: "s-1", Commitment: Commit(seed)}}
	for player, nonce := range nonces {
		lines = append(lines, Line{Kind: LineNonce, Player: player, Nonce: nonce})
	}
	next := uint64(0)
	for range rapid.IntRange(0, 6).Draw(t, "entries") {
		rolled := &Recorder{From: NewCounter(Key(seed, "s-1", nonces), next)}
		for _, sides := range rapid.SliceOfN(rapid.IntRange(2, MaxFaces), 1, 5).Draw(t, "sides") {
			rolled.Roll(sides)
		}
		events := fmt.Sprintf(`[{"roll": {"first": %d, "faces": [%d]}}]`, next, rolled.All[0].Face)
		lines = append(lines, Line{Kind: LineRolls, First: next, Dice: rolled.All, Events: json.RawMessage(events)})
		next += uint64(len(rolled.All))
	}
	return append(lines, Line{Kind: LineReveal, Seed: hex.EncodeToString(seed[:])})
}

func transcript(lines []Line) *bytes.Reader {
	var b bytes.Buffer
	for _, line := range lines {
		raw, err := json.Marshal(line)
		if err != nil {
			panic(err)
		}
		b.Write(append(raw, '\n'))
	}
	return bytes.NewReader(b.Bytes())
}

func TestVerifyHonestGames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := game(t)
		report, err := Verify(transcript(lines))
		if err != nil {
			t.Fatal(err)
		}
		dice := 0
		for _, line := range lines {
			dice += len(line.Dice)
		}
		if report.Dice != dice || report.Commitment != lines[0].Commitment {
			t.Fatalf("%d dice were rolled, the report is %+v", dice, report)
		}
	})
}

// A transcript from a later die on, as after a snapshot, can be rolled again too.
func TestVerifyPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := game(t)
		var part []Line
		head := lines[0]
		head.Nonces = map[string]string{}
		for _, line := range lines[1:] {
			switch {
			case line.Kind == LineNonce:
				head.Nonces[line.Player] = line.Nonce
			case line.Kind == LineRolls && len(part) == 0 && head.First == 0 && line.First == 0:
				head.First = uint64(len(line.Dice))
			default:
				part = append(part, line)
			}
		}
		if _, err := Verify(transcript(append([]Line{head}, part...))); err != nil {
			t.Fatal(err)
		}
	})
}

// Every way to cheat with one die, one nonce or the seed is found.
func TestVerifyFindsCheats(t *testing.T) {
	seed := [32]byte{7}
	honest := func() []Line {
		nonces := map[string]string{"aria": "abc"}
		first := &Recorder{From: NewCounter(Key(seed, "s-1", nonces), 0)}
		first.Roll(20)
		first.Roll(6)
		second := &Recorder{From: NewCounter(Key(seed, "s-1", nonces), 2)}
		second.Roll(20)
		return []Line{
			{Kind: LineSession, Format: TranscriptFormat, Session: "s-1", Commitment: Commit(seed)},
			{Kind: LineNonce, Player: "aria", Nonce: "abc"},
			{Kind: LineRolls, First: 0, Dice: first.All, Events: json.RawMessage(fmt.Sprintf(`[{"first":0,"faces":[%d]}]`, first.All[0].Face))},
			{Kind: LineRolls, First: 2, Dice: second.All},
			{Kind: LineReveal, Seed: hex.EncodeToString(seed[:])},
		}
	}
	quiet := Line{Kind: LineEntry, Events: json.RawMessage(`[{"first":2}]`), Journal: json.RawMessage(`{}`)}
	if _, err := Verify(transcript(append(honest(), quiet))); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(transcript(honest())); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		cheat func([]Line) []Line
		want  string
	}{
		"a better face":      {func(l []Line) []Line { l[3].Dice[0].Face = l[3].Dice[0].Face%20 + 1; return l }, "line 4: die 2, a d20, shows"},
		"another die":        {func(l []Line) []Line { l[2].Dice[1].Sides = 100; return l }, "line 3: die 1, a d100"},
		"a die left out":     {func(l []Line) []Line { l[3].First = 3; return l }, "line 4: it begins at die 3, the next one is 2"},
		"a die rolled again": {func(l []Line) []Line { l[3].First = 1; return l }, "line 4: it begins at die 1, the next one is 2"},
		"an entry left out":  {func(l []Line) []Line { return append(l[:2:2], l[3:]...) }, "line 3: it begins at die 2, the next one is 0"},
		"another seed":       {func(l []Line) []Line { l[4].Seed = strings.Repeat("0", 64); return l }, "line 5: the seed's commitment is"},
		"a late nonce":       {func(l []Line) []Line { return append(append(l[:4:4], l[1]), l[4]) }, `line 5: a nonce of "aria" comes after the first die`},
		"another nonce":      {func(l []Line) []Line { l[1].Nonce = "abd"; return l }, "but seed and nonces give"},
		"a nonce left out":   {func(l []Line) []Line { return append(l[:1:1], l[2:]...) }, "but seed and nonces give"},
		"another session":    {func(l []Line) []Line { l[0].Session = "s-2"; return l }, "but seed and nonces give"},
		"events of others":   {func(l []Line) []Line { l[2].Events = json.RawMessage(`[[{"x":{"first":1,"faces":[7]}}]]`); return l }, "line 3: an event tells of 7 for die 1"},
		"no reveal":          {func(l []Line) []Line { return l[:4] }, "the seed is not revealed"},
		"dice out of place":  {func(l []Line) []Line { l[3].Kind = LineEntry; return l }, "line 4: there are dice where none were rolled"},
		"faces of no dice": {func(l []Line) []Line {
			return append(l, Line{Kind: LineEntry, Events: json.RawMessage(`[{"first":0,"faces":[7]}]`)})
		}, "line 6: an event tells of 7 for die 0"},
		"rolls after reveal": {func(l []Line) []Line { return append(l, l[3]) }, "line 6: something follows the reveal"},
		"two sessions":       {func(l []Line) []Line { return append(l[:1:1], l...) }, "line 2: one session line comes first"},
		"no session":         {func(l []Line) []Line { return l[1:] }, "line 1: one session line comes first"},
		"another format":     {func(l []Line) []Line { l[0].Format = "x"; return l }, "line 1: the format is"},
		"a short seed":       {func(l []Line) []Line { l[4].Seed = "00"; return l }, "line 5: a seed has 64 hex digits"},
		"an unknown kind":    {func(l []Line) []Line { l[3].Kind = "luck"; return l }, `line 4: unknown kind "luck"`},
		"nothing":            {func([]Line) []Line { return nil }, "the transcript is empty"},
	}
	for name, tc := range tests {
		if report, err := Verify(transcript(tc.cheat(honest()))); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %+v, %v; want %q", name, report, err, tc.want)
		}
	}
	for _, text := range []string{"{", `{"kind":"session","extra":1}`, `{"kind":"session","dice":[[20,21]]}`, strings.Repeat("x", maxLine+1)} {
		if _, err := Verify(strings.NewReader(text)); err == nil {
			t.Errorf("%.40q is read", text)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"kind":"session","format":"gamesession-dice/2","session":"s","commitment":"00"}` + "\n" +
		`{"kind":"rolls","dice":[[20,3]],"events":[{"first":0,"faces":[3]}]}` + "\n" + `{"kind":"reveal","seed":"00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if report, err := Verify(bytes.NewReader(data)); err == nil && report == nil {
			t.Error("neither a report nor an error")
		}
	})
}
