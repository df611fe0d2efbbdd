// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/resources"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/srd"
)

// scenarioError: the user's scenario is wrong. Its text is for the user.
type scenarioError struct{ text string }

func (e *scenarioError) Error() string { return e.text }

// readScenario returns the scenario in the engine's own JSON.
func (r *Reconciler) readScenario(ctx context.Context, gs *v1alpha1.GameSession) (json.RawMessage, error) {
	ref := gs.Spec.Scenario.ConfigMapRef
	if ref == nil {
		text, err := json.Marshal(gs.Spec.Scenario.Inline)
		if err != nil {
			return nil, fmt.Errorf("encoding the scenario: %w", err)
		}
		return checkScenario(text)
	}
	configMap := &corev1.ConfigMap{}
	err := r.reader.Get(ctx, types.NamespacedName{Namespace: gs.Namespace, Name: ref.Name}, configMap)
	if apierrors.IsNotFound(err) {
		return nil, &scenarioError{fmt.Sprintf("there is no ConfigMap %s", ref.Name)}
	}
	if err != nil {
		return nil, fmt.Errorf("reading ConfigMap %s: %w", ref.Name, err)
	}
	text, found := configMap.Data[ref.Key]
	if !found {
		return nil, &scenarioError{fmt.Sprintf("ConfigMap %s has no key %s", ref.Name, ref.Key)}
	}
	converted, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return nil, &scenarioError{fmt.Sprintf("key %s of ConfigMap %s: %v", ref.Key, ref.Name, err)}
	}
	return checkScenario(converted)
}

func checkScenario(text []byte) (json.RawMessage, error) {
	var scenario rules.Scenario
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&scenario); err != nil {
		return nil, &scenarioError{fmt.Sprintf("the scenario cannot be read: %v", err)}
	}
	if err := scenario.ValidateAlone(); err != nil {
		return nil, &scenarioError{err.Error()}
	}
	library, err := srd.Shared(srd.V1)
	if err != nil {
		return nil, fmt.Errorf("loading the rules' data: %w", err)
	}
	// The shard that makes the session resolves it again, and keeps the data.
	resolved, err := rules.Resolve(scenario, library)
	if err == nil {
		err = resolved.Validate()
	}
	if err != nil {
		return nil, &scenarioError{err.Error()}
	}
	canonical, err := json.Marshal(scenario)
	if err != nil {
		return nil, fmt.Errorf("encoding the scenario: %w", err)
	}
	return canonical, nil
}

// sessionSpec is what the shard is to know.
func (r *Reconciler) sessionSpec(ctx context.Context, s *scope) (registry.SessionSpec, error) {
	scenario, err := r.scenarioOf(ctx, s)
	if err != nil {
		return registry.SessionSpec{}, err
	}
	spec := &s.gs.Spec
	return registry.SessionSpec{
		ID:          s.id(),
		Namespace:   s.gs.Namespace,
		Name:        s.gs.Name,
		Pool:        resources.PoolID(s.pool),
		Title:       spec.Title,
		Ruleset:     string(spec.Ruleset),
		MaxPlayers:  int(spec.MaxPlayers),
		GameMasters: texts(spec.GameMasters),
		Players:     texts(spec.Players),
		Open:        spec.Access == v1alpha1.AccessOpen,
		Lifecycle:   string(spec.Lifecycle),
		Generation:  s.gs.Generation,
		Scenario:    scenario,
	}, nil
}

// scenarioOf is the scenario of the scope; for a session that has started, the
// one it was started with.
func (r *Reconciler) scenarioOf(ctx context.Context, s *scope) (json.RawMessage, error) {
	if s.scenario != nil {
		return s.scenario, nil
	}
	stored, err := s.link.Spec(ctx, s.id())
	if err == nil && len(stored.Scenario) > 0 {
		return stored.Scenario, nil
	}
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return nil, fmt.Errorf("reading the stored spec: %w", err)
	}
	return r.readScenario(ctx, s.gs)
}

func texts(ids []v1alpha1.PlayerID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
