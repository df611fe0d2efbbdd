// SPDX-License-Identifier: Apache-2.0

package client

// Stats count what happened to a client since it was dialled.
type Stats struct {
	Connects    uint64 // connections that a shard greeted
	Reconnects  uint64 // connections opened after one was lost
	Resumes     uint64 // connections that went on along the chain
	Syncs       uint64 // documents replaced whole
	OpenFailed  uint64 // attempts to connect that came to nothing
	HistoryLost uint64

	MovedSeen    uint64
	Followed     uint64 // moves that ended on the new owner's connection
	Preconnected uint64 // those of them whose connection had waited for the move
	FollowFailed uint64 // attempts to follow that came to nothing, or moves that did

	Holes      uint64
	Diverged   uint64
	Duplicates uint64 // links that had been taken before
	Overtaken  uint64 // updates of a lower epoch, ignored

	Acked    uint64
	Refused  uint64
	Retried  uint64 // refusals that asked to send the command again
	Repeated uint64 // acknowledgements that were a first answer again
	Resent   uint64 // commands sent more than once
	TooMany  uint64 // commands refused because too many had no answer
	Overrun  uint64 // connections dropped because they did not take frames
	Unknown  uint64 // frames of a type this client does not know
	Errors   uint64 // error frames

	// Closes counts, by code, the connections that the client did not close.
	Closes map[int]uint64
}
