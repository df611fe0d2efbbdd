// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"strings"
	"testing"

	"gamesession.dev/operator/shard/auth/identity"
)

func TestDecodeCreate(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		want string // of the error; "" when it is taken
	}{
		"good":            {`{"pool": "arena", "scenario_name": "ambush"}`, ""},
		"inline":          {`{"pool": "arena", "scenario": {"map": {"width": 6, "height": 6}, "combatants": []}}`, ""},
		"nothing":         {``, "unexpected end"},
		"no pool":         {`{"scenario_name": "ambush"}`, "pool is missing"},
		"no scenario":     {`{"pool": "arena"}`, "one of scenario and scenario_name"},
		"both scenarios":  {`{"pool": "arena", "scenario_name": "a", "scenario": {}}`, "one of scenario and scenario_name"},
		"unknown field":   {`{"pool": "arena", "scenario_name": "a", "admin": true}`, "unknown field"},
		"unknown, within": {`{"pool": "arena", "scenario": {"map": {"widht": 6}}}`, "unknown field"},
		"twice":           {`{"pool": "arena", "pool": "b", "scenario_name": "a"}`, "duplicate field"},
		"another case":    {`{"Pool": "arena", "scenario_name": "a"}`, "unknown field"},
		"behind it":       {`{"pool": "arena", "scenario_name": "a"} {}`, "after top-level value"},
		"deep":            {strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), "nested deeper"},
		"not UTF-8":       {"{\"pool\": \"\xff\"}", "not UTF-8"},
		"YAML":            {"pool: arena\nscenario_name: a\n", "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeCreate([]byte(tc.body))
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// TestDigest: spelling does not make another request, meaning does.
func TestDigest(t *testing.T) {
	sum := func(body string) string {
		t.Helper()
		req, err := decodeCreate([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		digest, err := req.digest()
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	one := sum(`{"pool": "arena", "title": "A", "scenario_name": "a"}`)
	if other := sum(`{"scenario_name":"a","title":"A","pool":"arena"}`); other != one {
		t.Error("another spelling is another request")
	}
	if other := sum(`{"pool": "arena", "title": "B", "scenario_name": "a"}`); other == one {
		t.Error("another title is the same request")
	}
}

func TestKeysAreTheCallersOwn(t *testing.T) {
	ann, bob := identity.Identity{Issuer: "i", Player: "ann"}, identity.Identity{Issuer: "i", Player: "bob"}
	if one := nameFor(ann, "k"); one == nameFor(bob, "k") || one == nameFor(ann, "l") {
		t.Error("names are not by caller and key")
	}
}

// FuzzDecodeCreate: what is taken is taken again after it was written.
func FuzzDecodeCreate(f *testing.F) {
	f.Add([]byte(`{"pool": "arena", "scenario_name": "ambush", "players": ["a"]}`))
	f.Add([]byte(`{"pool": "arena", "scenario": {"map": {"width": 6}}}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := decodeCreate(body)
		if err != nil {
			return
		}
		if _, err := req.digest(); err != nil {
			t.Fatal(err)
		}
	})
}
