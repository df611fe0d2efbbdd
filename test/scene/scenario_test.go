// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"encoding/json"
	"testing"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/srd"
)

func TestAmbushIsAScenario(t *testing.T) {
	text, err := json.Marshal(Ambush())
	if err != nil {
		t.Fatal(err)
	}
	var sc rules.Scenario
	if err := json.Unmarshal(text, &sc); err != nil {
		t.Fatal(err)
	}
	library, err := srd.Load(srd.V1)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := rules.Resolve(sc, library)
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.Validate(); err != nil {
		t.Error(err)
	}
	if got := len(sc.Combatants); got != 2*playersPerSession {
		t.Errorf("%d combatants, want %d", got, 2*playersPerSession)
	}
}
