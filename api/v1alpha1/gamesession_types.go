// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Lifecycle is what is wished of a session.
// +kubebuilder:validation:Enum=Running;Paused;Ended
type Lifecycle string

// The lifecycles.
const (
	// LifecycleRunning: players play.
	LifecycleRunning Lifecycle = "Running"
	// LifecyclePaused: the session is hosted, clients stay, commands are refused.
	LifecyclePaused Lifecycle = "Paused"
	// LifecycleEnded is final: the session takes no command any more.
	LifecycleEnded Lifecycle = "Ended"
)

// Access says who may join a session as a player.
// +kubebuilder:validation:Enum=Listed;Open
type Access string

// The kinds of access.
const (
	// AccessListed: those in players, and nobody else.
	AccessListed Access = "Listed"
	// AccessOpen: whoever holds a token for the session, up to maxPlayers.
	AccessOpen Access = "Open"
)

// Ruleset is the edition of the rules a session is played by.
// +kubebuilder:validation:Enum=srd-5.2.1;srd-5.1
type Ruleset string

// The rulesets.
const (
	RulesetSRD521 Ruleset = "srd-5.2.1"
	RulesetSRD51  Ruleset = "srd-5.1"
)

// PlayerID names a person across sessions.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._-]+$`
type PlayerID string

// GameSessionSpec is the wish of who runs the game.
//
// +kubebuilder:validation:XValidation:rule="!has(self.players) || size(self.players) <= self.maxPlayers",message="players must not list more than maxPlayers"
// +kubebuilder:validation:XValidation:rule="self.access != 'Listed' || (has(self.players) && size(self.players) > 0)",message="players must list at least one player when access is Listed; set access to Open to let in whoever holds a token"
type GameSessionSpec struct {
	// poolName names the ShardPool, in the same namespace, that hosts the
	// session. It cannot be changed: the pool's Redis holds the session.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="poolName is immutable"
	// +required
	PoolName string `json:"poolName"`

	// title is shown to players.
	// +kubebuilder:validation:MaxLength=120
	// +kubebuilder:validation:XValidation:rule="!self.matches('[\\x00-\\x1f\\x7f]')",message="title must not contain control characters"
	// +optional
	Title string `json:"title,omitempty"`

	// campaignID names the campaign the session belongs to.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`
	// +optional
	CampaignID string `json:"campaignID,omitempty"`

	// ruleset is the edition of the rules: srd-5.2.1 or srd-5.1. It cannot be
	// changed.
	// +kubebuilder:default="srd-5.2.1"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="ruleset is immutable"
	// +optional
	Ruleset Ruleset `json:"ruleset,omitempty"`

	// maxPlayers bounds the players who may be connected at once: 1 to 100.
	// Game masters do not count.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	MaxPlayers int32 `json:"maxPlayers,omitempty"`

	// gameMasters lists who runs the game: 1 to 10.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +listType=set
	// +required
	GameMasters []PlayerID `json:"gameMasters"`

	// access says who may join as a player: Listed (those in players) or Open
	// (whoever holds a token).
	// +kubebuilder:default=Listed
	// +optional
	Access Access `json:"access,omitempty"`

	// players lists who may join as a player when access is Listed.
	// +kubebuilder:validation:MaxItems=100
	// +listType=set
	// +optional
	Players []PlayerID `json:"players,omitempty"`

	// scenario is what is played. It cannot be changed.
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="scenario is immutable: create another session"
	// +required
	Scenario ScenarioSource `json:"scenario"`

	// lifecycle is Running, Paused or Ended. Ended is final.
	// +kubebuilder:default=Running
	// +kubebuilder:validation:XValidation:rule="oldSelf != 'Ended' || self == 'Ended'",message="lifecycle Ended is final"
	// +optional
	Lifecycle Lifecycle `json:"lifecycle,omitempty"`

	// move asks for the session to be moved, once. Another id asks for another
	// move; status.handledMoveID is the id that was last acted on.
	// +optional
	Move *MoveRequest `json:"move,omitempty"`
}

// MoveRequest asks for one move by hand.
type MoveRequest struct {
	// id tells one request from the next. It is the requester's own.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._-]+$`
	// +required
	ID string `json:"id"`

	// to names the shard to move to. Empty leaves the choice to the operator.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +optional
	To string `json:"to,omitempty"`
}

// ScenarioSource says where the scenario comes from.
//
// +kubebuilder:validation:XValidation:rule="has(self.inline) != has(self.configMapRef)",message="scenario must have exactly one of inline and configMapRef"
type ScenarioSource struct {
	// inline is the scenario itself.
	// +optional
	Inline *Scenario `json:"inline,omitempty"`

	// configMapRef names the key of a ConfigMap, in the same namespace, that
	// holds the scenario as JSON or YAML. It is read once, when the session
	// starts.
	// +optional
	ConfigMapRef *ConfigMapKeyRef `json:"configMapRef,omitempty"`
}

// ConfigMapKeyRef names one key of a ConfigMap in the same namespace.
type ConfigMapKeyRef struct {
	// name of the ConfigMap.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`

	// key in its data.
	// +kubebuilder:default=scenario.yaml
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	// +optional
	Key string `json:"key,omitempty"`
}

// PlacementMode says how a shard is to become the owner.
// +kubebuilder:validation:Enum=Create;Handoff;Failover
type PlacementMode string

// The modes of a placement.
const (
	PlacementCreate   PlacementMode = "Create"
	PlacementHandoff  PlacementMode = "Handoff"
	PlacementFailover PlacementMode = "Failover"
)

// MoveReason says why a session was placed or moved.
// +kubebuilder:validation:MaxLength=63
type MoveReason string

// The reasons of a placement.
const (
	ReasonNew           MoveReason = "New"           // first placement
	ReasonManual        MoveReason = "Manual"        // spec.move
	ReasonShardDraining MoveReason = "ShardDraining" // rollout, scale-in, SIGTERM, pod delete
	ReasonNodeDraining  MoveReason = "NodeDraining"  // node cordoned or tainted
	ReasonShardDead     MoveReason = "ShardDead"     // pod gone, container ended, or silent for a lease
	ReasonShardReborn   MoveReason = "ShardReborn"   // the process started anew under the same name
	ReasonOverQuota     MoveReason = "OverQuota"     // the shard holds more than it takes
)

// Placement is the binding of a session to a shard. It is written here, by
// compare-and-set, before anything of it reaches Redis.
type Placement struct {
	// shard that is to own the session.
	// +kubebuilder:validation:MaxLength=253
	// +required
	Shard string `json:"shard"`

	// epoch fences every owner before it. It only grows.
	// +kubebuilder:validation:Minimum=1
	// +required
	Epoch int64 `json:"epoch"`

	// mode is Create, Handoff or Failover.
	// +required
	Mode PlacementMode `json:"mode"`

	// from is the shard that owned the session when this was decided.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	From string `json:"from,omitempty"`

	// reason of the decision.
	// +optional
	Reason MoveReason `json:"reason,omitempty"`

	// attempts counts the decisions since the owner last changed.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
}

// OwnerStatus is who may write the session, as last read from Redis.
type OwnerStatus struct {
	// shard that owns the session.
	// +kubebuilder:validation:MaxLength=253
	// +required
	Shard string `json:"shard"`

	// incarnation is the run of the shard's process.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Incarnation string `json:"incarnation,omitempty"`

	// epoch of the owner.
	// +required
	Epoch int64 `json:"epoch"`
}

// MoveStatus is the last completed change of owner.
type MoveStatus struct {
	// from is the shard before.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	From string `json:"from,omitempty"`

	// to is the shard after.
	// +kubebuilder:validation:MaxLength=253
	// +required
	To string `json:"to"`

	// reason of the move.
	// +optional
	Reason MoveReason `json:"reason,omitempty"`

	// mode is Handoff or Failover.
	// +required
	Mode PlacementMode `json:"mode"`

	// pauseMilliseconds is how long no command was taken, as the new owner
	// measured it: from the freeze or, after a failover, from the last command
	// before it. Absent when it did not say.
	// +optional
	PauseMilliseconds *int64 `json:"pauseMilliseconds,omitempty"`

	// time at which the operator saw it.
	// +optional
	Time metav1.Time `json:"time,omitzero"`
}

// GameSessionStatus is what the operator knows.
type GameSessionStatus struct {
	// observedGeneration is the generation of the spec this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// placement is the binding: which shard is to own the session.
	// +optional
	Placement *Placement `json:"placement,omitempty"`

	// owner is who owns it.
	// +optional
	Owner *OwnerStatus `json:"owner,omitempty"`

	// version is the number of the newest entry of the journal, as last read.
	// +optional
	Version int64 `json:"version,omitempty"`

	// players lists who is connected, as last reported by the owner.
	// +kubebuilder:validation:MaxItems=100
	// +listType=atomic
	// +optional
	Players []PlayerID `json:"players,omitempty"`

	// playersConnected is how many players are connected of how many may be,
	// for people: "3/10".
	// +kubebuilder:validation:MaxLength=16
	// +optional
	PlayersConnected string `json:"playersConnected,omitempty"`

	// round of the fight, 0 outside of one.
	// +optional
	Round int32 `json:"round,omitempty"`

	// endpoint is where clients connect.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Endpoint string `json:"endpoint,omitempty"`

	// moves counts the completed changes of owner.
	// +optional
	Moves int64 `json:"moves"`

	// lastMove is the last completed change of owner.
	// +optional
	LastMove *MoveStatus `json:"lastMove,omitempty"`

	// handledMoveID is the id of the last move request that was acted on.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	HandledMoveID string `json:"handledMoveID,omitempty"`

	// conditions: Ready, Placed, Durable, Migrating.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// GameSession is one live game, hosted by one shard of a pool at a time.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=gsess,categories=game
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Shard",type=string,JSONPath=`.status.owner.shard`
// +kubebuilder:printcolumn:name="Players",type=string,JSONPath=`.status.playersConnected`
// +kubebuilder:printcolumn:name="Version",type=integer,JSONPath=`.status.version`
// +kubebuilder:printcolumn:name="Moves",type=integer,JSONPath=`.status.moves`
// +kubebuilder:printcolumn:name="Last Move",type=string,JSONPath=`.status.lastMove.reason`
// +kubebuilder:printcolumn:name="Pause ms",type=integer,JSONPath=`.status.lastMove.pauseMilliseconds`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Who",type=string,priority=1,JSONPath=`.status.players`
// +kubebuilder:printcolumn:name="Pool",type=string,priority=1,JSONPath=`.spec.poolName`
// +kubebuilder:printcolumn:name="Epoch",type=integer,priority=1,JSONPath=`.status.owner.epoch`
// +kubebuilder:printcolumn:name="Lifecycle",type=string,priority=1,JSONPath=`.spec.lifecycle`
// +kubebuilder:printcolumn:name="Endpoint",type=string,priority=1,JSONPath=`.status.endpoint`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
type GameSession struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the wish.
	// +required
	Spec GameSessionSpec `json:"spec"`

	// status is what is.
	// +optional
	Status GameSessionStatus `json:"status,omitempty"`
}

// GameSessionList is a list of GameSessions.
//
// +kubebuilder:object:root=true
type GameSessionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []GameSession `json:"items"`
}
