// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	strictjson "sigs.k8s.io/json"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/wire"
)

// KeyHeader is the header with a creation's idempotency key.
const KeyHeader = "Idempotency-Key"

// Annotations of the GameSessions that are created here: the digest of the
// request, and who made it.
const (
	AnnotationRequest = "gamesession.dev/created-by-request"
	AnnotationCreator = "gamesession.dev/creator"
)

const (
	maxBodyBytes = 256 << 10
	maxDepth     = 32
)

var keyPattern = regexp.MustCompile(`^[!-~]{1,128}$`)

// createRequest is the body of a creation. What it leaves out has the defaults of
// a GameSession; its caller is the game master if it names none.
type createRequest struct {
	Pool        string              `json:"pool"`
	Title       string              `json:"title,omitempty"`
	CampaignID  string              `json:"campaign_id,omitempty"`
	Ruleset     v1alpha1.Ruleset    `json:"ruleset,omitempty"`
	Access      v1alpha1.Access     `json:"access,omitempty"`
	MaxPlayers  int32               `json:"max_players,omitempty"`
	GameMasters []v1alpha1.PlayerID `json:"game_masters,omitempty"`
	Players     []v1alpha1.PlayerID `json:"players,omitempty"`
	// Scenario is what is played; or ScenarioName names a ConfigMap that has it.
	Scenario     *v1alpha1.Scenario `json:"scenario,omitempty"`
	ScenarioName string             `json:"scenario_name,omitempty"`
}

// decodeCreate reads a body strictly: no key twice or unknown, none in another
// spelling.
func decodeCreate(body []byte) (createRequest, error) {
	var req createRequest
	switch {
	case !utf8.Valid(body):
		return req, errors.New("it is not UTF-8")
	case wire.Depth(body) > maxDepth:
		return req, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	strict, err := strictjson.UnmarshalStrict(body, &req)
	if err != nil {
		return req, err
	}
	if len(strict) > 0 {
		return req, strict[0]
	}
	switch {
	case req.Pool == "":
		return req, errors.New("pool is missing")
	case (req.Scenario == nil) == (req.ScenarioName == ""):
		return req, errors.New("one of scenario and scenario_name is needed")
	}
	return req, nil
}

// digest tells a request from others: spaces and the order of keys do not count.
func (req *createRequest) digest() (string, error) {
	text, err := json.Marshal(req)
	if err != nil {
		return "", fmt.Errorf("encoding the request: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// nameFor is the name of the GameSession that a caller creates with a key: each
// caller's keys are its own.
func nameFor(who identity.Identity, key string) string {
	sum := sha256.Sum256([]byte(who.Issuer + "\x00" + who.Player + "\x00" + key))
	return "api-" + hex.EncodeToString(sum[:12])
}

// object is the GameSession that a request asks for.
func (req *createRequest) object(namespace, name, digest string, who identity.Identity) *v1alpha1.GameSession {
	gs := &v1alpha1.GameSession{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name,
			Annotations: map[string]string{AnnotationRequest: digest, AnnotationCreator: who.Player},
		},
		Spec: v1alpha1.GameSessionSpec{
			PoolName: req.Pool, Title: req.Title, CampaignID: req.CampaignID, Ruleset: req.Ruleset, Access: req.Access,
			MaxPlayers: req.MaxPlayers, GameMasters: req.GameMasters, Players: req.Players,
			Scenario: v1alpha1.ScenarioSource{Inline: req.Scenario},
		},
	}
	if req.ScenarioName != "" {
		gs.Spec.Scenario.ConfigMapRef = &v1alpha1.ConfigMapKeyRef{Name: req.ScenarioName}
	}
	if len(gs.Spec.GameMasters) == 0 {
		gs.Spec.GameMasters = []v1alpha1.PlayerID{v1alpha1.PlayerID(who.Player)}
	}
	return gs
}
