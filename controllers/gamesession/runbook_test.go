// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"os"
	"regexp"
	"testing"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

var (
	runbookRow    = regexp.MustCompile("(?m)^\\| `(Ready|Placed|Durable|Migrating)` (True|False|Unknown), ([^|]*) \\|")
	runbookReason = regexp.MustCompile("`([A-Z][A-Za-z]+)`")
)

// What the runbook says that you see is what there is to be seen.
func TestRunbookNamesConditionsThatExist(t *testing.T) {
	hosted := func(v placement.Verdict) func(*scope) {
		return func(s *scope) {
			s.redis, s.verdict = &registry.Session{Owner: &journal.Owner{Shard: "a", Epoch: 1}}, v
			s.durability.Durability.Level = journal.LevelEverySec
		}
	}
	waits := func(why string) func(*scope) {
		return func(s *scope) { s.redis, s.waiting = &registry.Session{}, &placement.Decision{Why: why, Message: "no"} }
	}
	exist := map[string]bool{}
	for _, set := range []func(*scope){
		func(s *scope) { s.block(v1alpha1.ReasonPoolNotFound, "") },
		func(s *scope) { s.block(v1alpha1.ReasonInvalidScenario, "") },
		func(s *scope) { s.blockUnknown(v1alpha1.ReasonRedisUnavailable, "") },
		func(s *scope) { s.blockUnknown(v1alpha1.ReasonUnknown, "") },
		hosted(placement.Held), hosted(placement.Dead), hosted(placement.Unknown), hosted(placement.Alive),
		waits(v1alpha1.ReasonNoCapacity), waits(v1alpha1.ReasonOwnerLost),
	} {
		s := newScope(duel())
		set(s)
		setConditions(s)
		for _, c := range s.gs.Status.Conditions {
			exist[c.Type+" "+string(c.Status)+" "+c.Reason] = true
		}
	}
	runbook, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, row := range runbookRow.FindAllSubmatch(runbook, -1) {
		for _, reason := range runbookReason.FindAllSubmatch(row[3], -1) {
			if string(reason[1]) == v1alpha1.PoolAvailable {
				break // from here on the row is about the pool
			}
			if said := string(row[1]) + " " + string(row[2]) + " " + string(reason[1]); !exist[said] {
				t.Errorf("the runbook explains %s, which never is", said)
			}
			rows++
		}
	}
	if rows < 8 {
		t.Errorf("the runbook explains %d conditions", rows)
	}
}
