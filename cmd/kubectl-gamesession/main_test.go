// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/auth"
)

const key = "0123456789abcdef0123456789abcdef"

func objectMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "games", Name: name, UID: "11111111-2222-4333-8444-555555555555"}
}

func objects() []client.Object {
	pause := int64(12)
	return []client.Object{
		&v1alpha1.GameSession{
			ObjectMeta: objectMeta("ambush"),
			Spec: v1alpha1.GameSessionSpec{
				PoolName: "pool", Title: "Goblin ambush", Access: v1alpha1.AccessListed, Lifecycle: v1alpha1.LifecycleRunning,
				GameMasters: []v1alpha1.PlayerID{"gm"}, Players: []v1alpha1.PlayerID{"ann"},
			},
			Status: v1alpha1.GameSessionStatus{
				Placement: &v1alpha1.Placement{Shard: "pool-a", Epoch: 3, Mode: v1alpha1.PlacementHandoff},
				Owner:     &v1alpha1.OwnerStatus{Shard: "pool-a", Epoch: 3}, Version: 812, PlayersConnected: "1/10", Moves: 2, Round: 4,
				LastMove: &v1alpha1.MoveStatus{
					From: "pool-b", To: "pool-a", Reason: v1alpha1.ReasonNodeDraining, Mode: v1alpha1.PlacementHandoff, PauseMilliseconds: &pause,
				},
				Conditions: []metav1.Condition{{Type: v1alpha1.SessionReady, Status: "True", Reason: "Playing", Message: "hosted by shard pool-a"}},
			},
		},
		&v1alpha1.ShardPool{
			ObjectMeta: objectMeta("pool"),
			Spec:       v1alpha1.ShardPoolSpec{SigningKeySecretRef: v1alpha1.SecretRef{Name: "keys"}},
			Status: v1alpha1.ShardPoolStatus{Shards: []v1alpha1.ShardStatus{
				{Name: "pool-a", Node: "n1", State: v1alpha1.ShardServing, Sessions: 1},
			}},
		},
		&corev1.Secret{ObjectMeta: objectMeta("keys"), Data: map[string][]byte{"k1": []byte(key)}},
	}
}

// try runs a command line against a fake cluster. onPatch, if set, changes the
// session as the operator does after it was asked.
func try(t *testing.T, onPatch func(*v1alpha1.GameSession), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	builder := fake.NewClientBuilder().WithScheme(scheme()).WithObjects(objects()...)
	if onPatch != nil {
		builder = builder.WithInterceptorFuncs(interceptor.Funcs{Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			if err := c.Patch(ctx, o, p, opts...); err != nil {
				return err
			}
			gs := o.DeepCopyObject().(*v1alpha1.GameSession)
			onPatch(gs)
			if gs.Status.Placement.Epoch == 3 {
				note := &eventsv1.Event{ObjectMeta: objectMeta("e"), Note: "Move " + gs.Spec.Move.ID + ": no room", Regarding: corev1.ObjectReference{Name: gs.Name}}
				if err := c.Create(ctx, note); err != nil {
					return err
				}
			}
			return c.Update(ctx, gs)
		}})
	}
	kube := builder.Build()
	var out, errors bytes.Buffer
	code = run(t.Context(), args, &out, &errors, func(_, _, namespace string) (client.Client, string, error) {
		if namespace == "" {
			namespace = "games"
		}
		return kube, namespace, nil
	})
	return code, out.String(), errors.String()
}

func TestCommandLine(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		code int
		want string // in what is printed
	}{
		"help":                  {[]string{"--help"}, 0, "kubectl gamesession move"},
		"nothing":               {nil, 2, "say what to do"},
		"unknown verb":          {[]string{"jump"}, 2, `unknown command "jump"`},
		"unknown flag":          {[]string{"status", "--loud"}, 2, "-loud"},
		"flag of another verb":  {[]string{"status", "--player", "ann"}, 2, "status does not take --player"},
		"two sessions":          {[]string{"move", "a", "b"}, 2, `unexpected argument "b"`},
		"move nothing":          {[]string{"move"}, 2, "name the session"},
		"move without time":     {[]string{"move", "a", "--wait", "--timeout", "0s"}, 2, "--timeout"},
		"token without player":  {[]string{"token", "ambush", "--role", "gm"}, 2, "--player"},
		"token without role":    {[]string{"token", "ambush", "--player", "ann"}, 2, "must be gm, player or spectator"},
		"token for a day of 48": {[]string{"token", "ambush", "--player", "ann", "--role", "player", "--ttl", "2000h"}, 2, "--ttl"},
		"no such session":       {[]string{"status", "brawl"}, 1, "there is no session brawl in namespace games"},
		"not a player":          {[]string{"token", "ambush", "--player", "bob", "--role", "player"}, 1, "bob is not among the players of session ambush: [ann]"},
		"not a game master":     {[]string{"token", "ambush", "--player", "ann", "--role", "gm"}, 1, "ann is not among the gameMasters"},
		"already there":         {[]string{"move", "ambush", "--to", "pool-a"}, 0, "is on shard pool-a already"},
		"move":                  {[]string{"-n", "games", "move", "ambush"}, 0, "Asked for session ambush to be moved off shard pool-a"},
		"status of all":         {[]string{"status"}, 0, "ambush    True      pool-a"},
		"status of one":         {[]string{"status", "ambush"}, 0, "pool-b to pool-a, NodeDraining (Handoff), pause 12 ms"},
		"status of elsewhere":   {[]string{"status", "-n", "empty"}, 0, "No sessions and no pools in namespace empty"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := try(t, nil, tc.args...)
			if code != tc.code || !strings.Contains(stdout+stderr, tc.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s%s", code, tc.code, tc.want, stdout, stderr)
			}
			if (code == 0) != (stderr == "") {
				t.Errorf("exit code %d with %q on stderr", code, stderr)
			}
		})
	}
}

func TestMoveWaits(t *testing.T) {
	moved := func(gs *v1alpha1.GameSession) {
		pause := int64(7)
		gs.Status.HandledMoveID = gs.Spec.Move.ID
		gs.Status.Placement = &v1alpha1.Placement{Shard: "pool-b", Epoch: 4}
		gs.Status.Owner = &v1alpha1.OwnerStatus{Shard: "pool-b", Epoch: 4}
		gs.Status.LastMove = &v1alpha1.MoveStatus{From: "pool-a", To: "pool-b", PauseMilliseconds: &pause}
	}
	code, stdout, stderr := try(t, moved, "move", "ambush", "--wait")
	if want := "Session ambush moved from shard pool-a to pool-b in epoch 4, pause 7 ms.\n"; code != 0 || stdout != want {
		t.Errorf("exit code %d, %q, %q, want %q", code, stdout, stderr, want)
	}
	refused := func(gs *v1alpha1.GameSession) { gs.Status.HandledMoveID = gs.Spec.Move.ID }
	code, _, stderr = try(t, refused, "move", "ambush", "--wait")
	if want := "error: the move was refused: no room\n"; code != 1 || stderr != want {
		t.Errorf("exit code %d, %q, want %q", code, stderr, want)
	}
	code, _, stderr = try(t, nil, "move", "ambush", "--wait", "--timeout", "60ms")
	if code != 1 || !strings.Contains(stderr, "the operator has not acted on it") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}

func TestTokenIsValid(t *testing.T) {
	code, stdout, stderr := try(t, nil, "token", "ambush", "--player", "ann", "--role", "player", "--ttl", "5m", "--character", "aria", "--class", "bot", "--generation", "2")
	if code != 0 {
		t.Fatal(stderr)
	}
	keys, err := auth.NewKeys(map[string][]byte{"k1": []byte(key)})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := keys.Verify(strings.TrimSpace(stdout), time.Now())
	if err != nil || claims.Player != "ann" || claims.Role != auth.Player || claims.Character != "aria" || claims.Class != auth.ClassBot || claims.Generation != 2 || claims.Session != string(objectMeta("").UID) {
		t.Errorf("claims %+v, error %v", claims, err)
	}
}

// Where there is no cluster, it says so, and wrong flags before that.
func TestNoCluster(t *testing.T) {
	t.Setenv("KUBECONFIG", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"status"}, 1, "there is no kubeconfig"},
		{[]string{"transcript", "ambush", "--redis-url", "http://x"}, 2, "--redis-url must be"},
		{[]string{"transcript", "ambush", "--redis-url", "rediss://x", "--redis-ca", "main.go"}, 2, "no certificate in PEM"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), tc.args, &stdout, &stderr, connect); code != tc.code || !strings.Contains(stderr.String(), tc.want) {
			t.Errorf("%v: exit code %d, %s; want %d and %q", tc.args, code, stderr.String(), tc.code, tc.want)
		}
	}
}
