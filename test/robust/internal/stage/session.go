// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"gamesession.dev/operator/api/v1alpha1"
)

// Masters and Players are who may play at every session.
func Masters() []string {
	return []string{"gm-0", "gm-1", "gm-2", "gm-3", "gm-4", "gm-5", "gm-6", "gm-7"}
}

// Players are those who only watch: the one hero is another's.
func Players() []string { return []string{"player-0", "player-1", "player-2"} }

// duel is a fight that game masters keep going for ever: nobody hits.
func duel() *v1alpha1.Scenario {
	combatant := func(id, side string, x int32) v1alpha1.Combatant {
		return v1alpha1.Combatant{
			ID: v1alpha1.ID(id), Name: v1alpha1.DisplayName(id), Side: v1alpha1.ID(side), Controller: "gm",
			Position: v1alpha1.Point{x, 4}, AC: 15, MaxHP: 50, Speed: 240, Dexterity: 10,
		}
	}
	return &v1alpha1.Scenario{
		Map:        v1alpha1.Map{Width: 12, Height: 9},
		Combatants: []v1alpha1.Combatant{combatant("ogre", "ogres", 2), combatant("troll", "trolls", 9)},
	}
}

// scenario makes what a session is to play: the duel, or what a file has.
func (st *Stage) scenario(ctx context.Context, session, file string) (v1alpha1.ScenarioSource, error) {
	if file == "" {
		return v1alpha1.ScenarioSource{Inline: duel()}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return v1alpha1.ScenarioSource{}, err
	}
	shipped := &corev1.ConfigMap{}
	if err := yaml.UnmarshalStrict(text, shipped); err != nil {
		return v1alpha1.ScenarioSource{}, fmt.Errorf("reading %s: %w", file, err)
	}
	shipped.Namespace, shipped.Name = namespace, session
	shipped.Data[scenarioKey] = controllers.ReplaceAllString(shipped.Data[scenarioKey], "controller: gm")
	return v1alpha1.ScenarioSource{ConfigMapRef: &v1alpha1.ConfigMapKeyRef{Name: session, Key: scenarioKey}}, st.cluster.Create(ctx, shipped)
}

// scenarioKey is where shipped scenarios are in their ConfigMaps.
const scenarioKey = "scenario.yaml"

// controllers are who plays which creature. Here game masters play them all.
var controllers = regexp.MustCompile(`controller: [a-z0-9-]+`)

func newSession(name string, scenario v1alpha1.ScenarioSource) *v1alpha1.GameSession {
	gs := &v1alpha1.GameSession{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.GameSessionSpec{
			PoolName: poolName, Ruleset: "srd-5.2.1", MaxPlayers: 10, Lifecycle: v1alpha1.LifecycleRunning,
			Access: v1alpha1.AccessOpen, Scenario: scenario,
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
