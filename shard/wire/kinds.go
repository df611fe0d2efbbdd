// SPDX-License-Identifier: Apache-2.0

package wire

// Sender says who sends a frame.
type Sender string

// The senders.
const (
	FromClient Sender = "client"
	FromShard  Sender = "shard"
	FromBoth   Sender = "both"
)

// Kind is one kind of frame.
type Kind struct {
	Type   Type
	Sender Sender
	// Meaning is one line for the documentation.
	Meaning string
	// New returns a pointer to a fresh value of the frame's data.
	New func() any
}

// Kinds lists every frame of the protocol, in the order of the documentation.
func Kinds() []Kind {
	return []Kind{
		{TypeResume, FromClient, "first frame: go on from where I am", fresh[Resume]},
		{TypeSyncRequest, FromClient, "first frame, or after a hole: the view as it is; with paths (at most 64) a part of it", fresh[SyncRequest]},
		{TypeActionDeclare, FromClient, "a command", fresh[ActionDeclare]},
		{TypeMigrateReady, FromClient, "my second connection to the next owner is open, or cannot be", fresh[MigrateReady]},
		{TypeChat, FromClient, "a line for everybody at the table", fresh[Chat]},
		{TypeEmote, FromClient, "a gesture", fresh[Emote]},
		{TypeMapPing, FromClient, "look at this square", fresh[MapPing]},
		{TypeTyping, FromClient, "I write a line, or have stopped to", fresh[Typing]},
		{TypePresenceRequest, FromClient, "who is there, now and from now on?", fresh[PresenceRequest]},
		{TypeHeartbeat, FromBoth, "sign of life", fresh[Heartbeat]},
		{TypeConnectionEstablished, FromShard, "first frame", fresh[ConnectionEstablished]},
		{TypeSyncResponse, FromShard, "the view: replaces the document, unless it is partial", fresh[SyncResponse]},
		{TypeResumed, FromShard, "the chain goes on from there", fresh[Resumed]},
		{TypeHistoryLost, FromShard, "the position is not in the history (any more); a sync_response follows", fresh[HistoryLost]},
		{TypeStateUpdate, FromShard, "one link of the chain", fresh[Update]},
		{TypeActionResolve, FromShard, "one link of the chain, with what an action did", fresh[Update]},
		{TypeInitiativeRoll, FromShard, "one link of the chain, with which a fight begins", fresh[Update]},
		{TypeTurnChange, FromShard, "one link of the chain, with which the turn passes on", fresh[Update]},
		{TypeAck, FromShard, "the command was applied and is durable", fresh[Ack]},
		{TypeRefusal, FromShard, "a coded \"no\"; it changed nothing", fresh[Refusal]},
		{TypeMigratePrepare, FromShard, "the session is about to move; only for who asked with preconnect", fresh[MigratePrepare]},
		{TypeMoved, FromShard, "the session has a new owner", fresh[Moved]},
		{TypeChatSaid, FromShard, "what a member said", fresh[ChatSaid]},
		{TypeEmoteMade, FromShard, "a member's gesture", fresh[EmoteMade]},
		{TypeMapPinged, FromShard, "a member points at a square", fresh[MapPinged]},
		{TypePlayerTyping, FromShard, "a member writes, or has stopped to", fresh[PlayerTyping]},
		{TypePresence, FromShard, "who is there; only for who asked", fresh[Presence]},
		{TypePresenceChange, FromShard, "who has come or gone; only for who asked", fresh[PresenceChange]},
		{TypeError, FromShard, "a fault that answers no command", fresh[Error]},
		{TypeConnectionError, FromShard, "last frame before the shard closes: whether to come back, and when", fresh[ConnectionError]},
	}
}

func fresh[T any]() any { return new(T) }
