// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gamesession.dev/operator/api/v1alpha1"
)

//go:embed stage.yaml
var stageYAML string

const keyName = "demo-1"

// Stage puts Redis on the node that stays, makes the pool, and starts one fight
// in each session; it returns when all of them are ready.
func (s *Scene) Stage(ctx context.Context, redisNode string) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	text := strings.NewReplacer(
		"$(NAMESPACE)", Namespace, "$(POOL)", Pool, "$(NODE)", redisNode,
		"$(REDIS)", redisName, "$(REDIS_SECRET)", redisSecret, "$(REDIS_IMAGE)", s.opts.Images.Redis,
		"$(KEY_SECRET)", keySecret, "$(KEY_NAME)", keyName, "$(KEY)", base64.StdEncoding.EncodeToString(key),
		"$(SHARD_IMAGE)", s.opts.Images.Shard, "$(SHARDS)", strconv.Itoa(s.opts.Shards),
		"$(CAPACITY)", strconv.Itoa(s.capacity()),
	).Replace(stageYAML)
	if err := s.apply(ctx, text); err != nil {
		return err
	}
	if err := s.writeKey(key); err != nil {
		return err
	}
	if _, err := s.kubectl.run(ctx, "-n", Namespace, "wait", "--for=condition=Available", "--timeout=60s", "deployment/"+redisName); err != nil {
		return fmt.Errorf("waiting for Redis: %w", err)
	}
	if err := s.awaitPool(ctx, time.Minute); err != nil {
		return err
	}
	if err := s.createSessions(ctx); err != nil {
		return err
	}
	return s.AwaitReady(ctx, time.Minute)
}

// capacity is how many sessions a shard takes: half as many again as its share,
// so that there is room for those of a shard that leaves, and no shard ends up
// with all of them.
func (s *Scene) capacity() int {
	return (3*s.opts.Sessions + 2*s.opts.Shards - 1) / (2 * s.opts.Shards)
}

func (s *Scene) apply(ctx context.Context, text string) error {
	cmd := s.kubectl.command(ctx, "apply", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("applying the stage: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return nil
}

// writeKey keeps the signing key where the bots find it.
func (s *Scene) writeKey(key []byte) error {
	err := errors.Join(
		os.RemoveAll(s.keys()),
		os.MkdirAll(s.keys(), 0o700),
		os.WriteFile(filepath.Join(s.keys(), keyName), key, 0o600),
	)
	if err != nil {
		return fmt.Errorf("writing the signing key: %w", err)
	}
	return nil
}

func (s *Scene) keys() string { return filepath.Join(s.out, "keys") }

// The ConfigMap with the scenario that all sessions play.
const (
	scenarioName = "goblin-ambush"
	scenarioKey  = "scenario.json"
)

func (s *Scene) createSessions(ctx context.Context) error {
	scenario, err := json.Marshal(Ambush())
	if err != nil {
		return fmt.Errorf("encoding the scenario: %w", err)
	}
	if err := s.kube.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: scenarioName},
		Data:       map[string]string{scenarioKey: string(scenario)},
	}); err != nil {
		return fmt.Errorf("creating the scenario: %w", err)
	}
	for i := range s.opts.Sessions {
		gs := &v1alpha1.GameSession{
			ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: fmt.Sprintf("ambush-%02d", i+1)},
			Spec: v1alpha1.GameSessionSpec{
				PoolName: Pool, Title: fmt.Sprintf("Goblin Ambush %d", i+1),
				MaxPlayers: playersPerSession, GameMasters: []v1alpha1.PlayerID{"gm"},
				Scenario: v1alpha1.ScenarioSource{ConfigMapRef: &v1alpha1.ConfigMapKeyRef{Name: scenarioName, Key: scenarioKey}},
			},
		}
		for p := range playersPerSession {
			gs.Spec.Players = append(gs.Spec.Players, v1alpha1.PlayerID(player(p)))
		}
		if err := s.kube.Create(ctx, gs); err != nil {
			return fmt.Errorf("creating session %s: %w", gs.Name, err)
		}
	}
	return nil
}

// Nodes returns the names of the nodes that take pods.
func (s *Scene) Nodes(ctx context.Context) ([]string, error) {
	var list corev1.NodeList
	if err := s.kube.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("listing nodes: %w", err)
	}
	var names []string
	for _, n := range list.Items {
		if !n.Spec.Unschedulable && len(n.Spec.Taints) == 0 {
			names = append(names, n.Name)
		}
	}
	return names, nil
}
