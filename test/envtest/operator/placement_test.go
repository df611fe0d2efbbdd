// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

func TestPlacementSpreadsAndNeverOverfills(t *testing.T) {
	k := newCluster(t)
	k.capacity = 3
	k.operate()
	k.pool(2)
	names := k.sessions(6)
	for shard, on := range k.on(names) {
		if len(on) != 3 {
			t.Errorf("shard %s has %v", shard, on)
		}
	}
	k.session("one-too-many")
	k.awaitCondition("one-too-many", v1alpha1.SessionReady, metav1.ConditionFalse, v1alpha1.ReasonNoCapacity)
	k.awaitCondition("one-too-many", v1alpha1.SessionPlaced, metav1.ConditionFalse, v1alpha1.ReasonNoCapacity)

	gs := k.read(names[0])
	if want := "ws://pool." + k.ns + ".svc:8080/api/v2/sessions/" + string(gs.UID) + "/ws"; gs.Status.Endpoint != want {
		t.Errorf("endpoint %q, want %q", gs.Status.Endpoint, want)
	}
	for kind, want := range map[string]metav1.ConditionStatus{
		v1alpha1.SessionReady: "True", v1alpha1.SessionPlaced: "True", v1alpha1.SessionDurable: "True", v1alpha1.SessionMigrating: "False",
	} {
		k.await(fmt.Sprintf("%s %s=%s", names[0], kind, want), func() string {
			if c := k.condition(names[0], kind); c.Status != want || c.ObservedGeneration != gs.Generation {
				return fmt.Sprintf("%+v", c)
			}
			return ""
		})
	}
	k.awaitEvent(names[0], v1alpha1.EventPlaced, corev1.EventTypeNormal)

	// Room appears: the waiting session is placed.
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Replicas = 3 })
	k.awaitReady("one-too-many")
	k.checkJournals(append(names, "one-too-many")...)
}

func TestWhatKeepsASessionFromStartingIsSaid(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.session("early")
	k.awaitCondition("early", v1alpha1.SessionReady, metav1.ConditionFalse, v1alpha1.ReasonPoolNotFound)
	k.pool(1)
	k.awaitReady("early")

	bad := k.read("early").DeepCopy()
	bad.ObjectMeta = metav1.ObjectMeta{Namespace: k.ns, Name: "from-config-map"}
	bad.Spec.Scenario = v1alpha1.ScenarioSource{ConfigMapRef: &v1alpha1.ConfigMapKeyRef{Name: "ambush", Key: "scenario.yaml"}}
	k.must(k.c.Create(t.Context(), bad))
	k.awaitCondition(bad.Name, v1alpha1.SessionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidScenario)
	if c := k.condition(bad.Name, v1alpha1.SessionReady); !strings.Contains(c.Message, "no ConfigMap ambush") {
		t.Errorf("message %q", c.Message)
	}
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "ambush"},
		Data: map[string]string{"scenario.yaml": `
map: {width: 5, height: 5}
combatants:
- {id: a, name: A, side: heroes, controller: gm, position: [1, 1], ac: 10, maxHP: 10, speed: 30, dexterity: 10}
- {id: b, name: B, side: goblins, controller: gm, position: [9, 1], ac: 10, maxHP: 10, speed: 30, dexterity: 10}
`},
	}
	k.must(k.c.Create(t.Context(), config))
	k.await("the message to name the field", func() string {
		if c := k.condition(bad.Name, v1alpha1.SessionReady); !strings.Contains(c.Message, "combatants[1].position") {
			return c.Message
		}
		return ""
	})
	config.Data["scenario.yaml"] = strings.Replace(config.Data["scenario.yaml"], "[9, 1]", "[3, 1]", 1)
	k.must(k.c.Update(t.Context(), config))
	k.awaitReady(bad.Name)
}

func TestPoolSaysWhichSecretIsMissing(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.must(k.c.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "redis"}}))
	p := &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "pool"},
		Spec: v1alpha1.ShardPoolSpec{
			Image: "x", RedisSecretRef: v1alpha1.SecretKeyRef{Name: "redis"}, SigningKeySecretRef: v1alpha1.SecretRef{Name: "keys"},
		},
	}
	k.must(k.c.Create(t.Context(), p))
	e := k.awaitEvent("pool", v1alpha1.ReasonInvalidSecret, corev1.EventTypeWarning)
	if !strings.Contains(e.Note, "no Secret redis") {
		t.Errorf("note %q", e.Note)
	}
}

// A Service that somebody else has made under the name of a pool stays as it is,
// and the pool says so.
func TestServicesOfOthersAreLeftAlone(t *testing.T) {
	k := newCluster(t)
	k.operate()
	theirs := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "pool"},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "theirs"}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	k.must(k.c.Create(t.Context(), theirs))
	made := k.wish(1)
	k.must(k.c.Create(t.Context(), made))
	e := k.awaitEvent("pool", v1alpha1.ReasonNameTaken, corev1.EventTypeWarning)
	if !strings.Contains(e.Note, "Service pool") {
		t.Errorf("note %q", e.Note)
	}
	found := &corev1.Service{}
	k.must(k.c.Get(t.Context(), client.ObjectKeyFromObject(theirs), found))
	if found.Spec.Selector["app"] != "theirs" || len(found.Spec.Selector) != 1 || len(found.OwnerReferences) > 0 {
		t.Errorf("it was changed: selector %v, owners %v", found.Spec.Selector, found.OwnerReferences)
	}
	k.must(k.c.Delete(t.Context(), theirs))
	k.awaitPool(1)
}

func TestPoolMakesWhatShardsNeed(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	k.await("Services and budget", func() string {
		for _, name := range []string{"pool", "pool-shards"} {
			if err := k.c.Get(t.Context(), types.NamespacedName{Namespace: k.ns, Name: name}, &corev1.Service{}); err != nil {
				return err.Error()
			}
		}
		pdb := &policyv1.PodDisruptionBudget{}
		if err := k.c.Get(t.Context(), types.NamespacedName{Namespace: k.ns, Name: "pool-occupied"}, pdb); err != nil {
			return err.Error()
		}
		if pdb.Spec.Selector.MatchLabels[v1alpha1.LabelOccupied] != "true" {
			return fmt.Sprint(pdb.Spec)
		}
		return ""
	})
}
