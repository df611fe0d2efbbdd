// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Conditions of a GameSession. Every one is set on every pass.
const (
	// SessionReady: an owner that is heard of takes the session's commands (or
	// refuses them because lifecycle says so).
	SessionReady = "Ready"
	// SessionPlaced: the session is bound to a shard.
	SessionPlaced = "Placed"
	// SessionDurable: what is acknowledged is as durable as Redis was found to
	// promise; the reason names the level.
	SessionDurable = "Durable"
	// SessionMigrating: a change of owner is under way.
	SessionMigrating = "Migrating"
)

// Conditions of a ShardPool. Every one is set on every pass.
const (
	// PoolAvailable: at least minReplicas shards take sessions.
	PoolAvailable = "Available"
	// PoolProgressing: shards are being made, replaced or removed.
	PoolProgressing = "Progressing"
	// PoolDraining: sessions are being moved off a shard.
	PoolDraining = "Draining"
)

// Reasons of conditions and Events.
const (
	ReasonPlaying           = "Playing"
	ReasonPaused            = "Paused"
	ReasonEnded             = "Ended"
	ReasonStarting          = "Starting"
	ReasonPoolNotFound      = "PoolNotFound"
	ReasonInvalidScenario   = "InvalidScenario"
	ReasonRedisUnavailable  = "RedisUnavailable"
	ReasonOwnerLost         = "OwnerLost"
	ReasonOwnerSilent       = "OwnerSilent"
	ReasonNoCapacity        = "NoCapacity"
	ReasonTargetUnsuitable  = "TargetUnsuitable"
	ReasonBound             = "Bound"
	ReasonWaiting           = "Waiting"
	ReasonHandoff           = "Handoff"
	ReasonFailover          = "Failover"
	ReasonSettled           = "Settled"
	ReasonFsync             = "Fsync"
	ReasonFsyncAndReplicas  = "FsyncAndReplicas"
	ReasonNotEveryWrite     = "NotEveryWriteOnDisk"
	ReasonDurabilityUnknown = "DurabilityUnknown"
	ReasonUnknown           = "Unknown"

	ReasonEnoughShards  = "EnoughShards"
	ReasonTooFewShards  = "TooFewShards"
	ReasonInvalidSecret = "InvalidSecret"
	ReasonNameTaken     = "NameTaken"
	ReasonScalingUp     = "ScalingUp"
	ReasonRollingOut    = "RollingOut"
	ReasonComplete      = "Complete"
	ReasonMovingOff     = "MovingSessionsOff"
	ReasonNotDraining   = "NotDraining"
	ReasonDrainBlocked  = "DrainBlocked"
	ReasonDeletionBlock = "DeletionBlocked"
)

// Events that are not the reason of a condition.
const (
	EventPlaced        = "Placed"
	EventMoving        = "Moving"
	EventMoved         = "Moved"
	EventMoveRetried   = "MoveRetried"
	EventMoveRefused   = "MoveRefused"
	EventStateMismatch = "StateMismatch"
	EventForgotten     = "Forgotten"
	EventGaveUp        = "CleanupGivenUp"
	EventShardCreated  = "ShardCreated"
	EventShardDraining = "ShardDraining"
	EventShardDeleted  = "ShardDeleted"
)

// Labels and annotations of pods and Services.
const (
	// LabelPool names the pool of a shard.
	LabelPool = "gamesession.dev/pool"
	// LabelOccupied is "true" on shards that have sessions or clients; the
	// pool's disruption budget selects it.
	LabelOccupied = "gamesession.dev/occupied"
	// LabelDraining is "true" on shards whose sessions are being moved off.
	LabelDraining = "gamesession.dev/draining"
	// AnnotationTemplateHash is the hash of what the shard was built from.
	AnnotationTemplateHash = "gamesession.dev/template-hash"
	// AnnotationDrainReason says why a shard is drained.
	AnnotationDrainReason = "gamesession.dev/drain-reason"
	// AnnotationDrainingSince is when its drain began, in RFC 3339.
	AnnotationDrainingSince = "gamesession.dev/draining-since"
	// AnnotationLastBound names the last session and epoch bound to the shard.
	// Writing it makes a concurrent removal of LabelOccupied fail.
	AnnotationLastBound = "gamesession.dev/last-bound"
)

// RedisCAKey is the entry of the Secret with the URL of Redis that may hold whose
// certificates are trusted there.
const RedisCAKey = "ca.crt"

// Finalizer is on every GameSession and ShardPool the operator has taken on.
const Finalizer = "gamesession.dev/operator"
