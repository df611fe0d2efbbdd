// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"encoding/json"
	"testing"

	"gamesession.dev/operator/shard/rules"
)

func TestAmbushIsAScenario(t *testing.T) {
	text, err := json.Marshal(ambush())
	if err != nil {
		t.Fatal(err)
	}
	var sc rules.Scenario
	if err := json.Unmarshal(text, &sc); err != nil {
		t.Fatal(err)
	}
	if err := sc.Validate(); err != nil {
		t.Error(err)
	}
	if got := len(sc.Combatants); got != 2*playersPerSession {
		t.Errorf("%d combatants, want %d", got, 2*playersPerSession)
	}
}
