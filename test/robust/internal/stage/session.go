// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/api/v1alpha1"
)

// Masters and Players are who may play at every session.
func Masters() []string {
	return []string{"gm-0", "gm-1", "gm-2", "gm-3", "gm-4", "gm-5", "gm-6", "gm-7"}
}

// Players are those who only watch: the one hero is another's.
func Players() []string { return []string{"player-0", "player-1", "player-2"} }

// newSession is a fight that game masters keep going for ever: nobody hits.
func newSession(name string) *v1alpha1.GameSession {
	combatant := func(id, side string, x int32) v1alpha1.Combatant {
		return v1alpha1.Combatant{
			ID: v1alpha1.ID(id), Name: v1alpha1.DisplayName(id), Side: v1alpha1.ID(side), Controller: "gm",
			Position: v1alpha1.Point{x, 4}, AC: 15, MaxHP: 50, Speed: 240, Dexterity: 10,
		}
	}
	gs := &v1alpha1.GameSession{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.GameSessionSpec{
			PoolName: poolName, Ruleset: "srd-5.2.1", MaxPlayers: 10, Lifecycle: v1alpha1.LifecycleRunning,
			Access: v1alpha1.AccessOpen,
			Scenario: v1alpha1.ScenarioSource{Inline: &v1alpha1.Scenario{
				Map:        v1alpha1.Map{Width: 12, Height: 9},
				Combatants: []v1alpha1.Combatant{combatant("ogre", "ogres", 2), combatant("troll", "trolls", 9)},
			}},
		},
	}
	for _, gm := range Masters() {
		gs.Spec.GameMasters = append(gs.Spec.GameMasters, v1alpha1.PlayerID(gm))
	}
	for _, player := range Players() {
		gs.Spec.Players = append(gs.Spec.Players, v1alpha1.PlayerID(player))
	}
	return gs
}

func (st *Stage) pod(ctx context.Context, name types.NamespacedName) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	err := st.cluster.Get(ctx, name, pod)
	return pod, err
}

// infoField reads one field of what INFO answers.
func infoField(info any, name string) string {
	text, _ := info.(string)
	_, rest, _ := strings.Cut(text, name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}
