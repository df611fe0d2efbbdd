// SPDX-License-Identifier: Apache-2.0

package journal

// Kind says what an entry is.
type Kind string

// The kinds of entries.
const (
	KindGenesis  Kind = "genesis"  // the first entry, written by Create
	KindCommand  Kind = "command"  // the events of one command
	KindFreeze   Kind = "freeze"   // the owner stopped for a handoff; data is a Freeze
	KindThaw     Kind = "thaw"     // the owner plays on after a freeze nobody answered
	KindTakeover Kind = "takeover" // the first entry of a new owner
)

// Bounds of what one call may carry. A call past them is refused with
// ErrInvalid before anything is sent.
const (
	MaxEntryBytes    = 256 << 10 // data of one entry
	MaxBatchEntries  = 256       // entries of one Append or Retake
	MaxBatchBytes    = 4 << 20   // data of all entries of one Append or Retake
	MaxSnapshotBytes = 8 << 20   // data of one snapshot
	MaxReadEntries   = 1024      // entries of one Read or Follow
)

// Entry is one element of a journal.
type Entry struct {
	Position Position
	Kind     Kind
	Data     []byte
}

// Owner is the one who may write a session: one run (Incarnation) of one shard,
// at one epoch. All three must match.
type Owner struct {
	Shard       string
	Incarnation string
	Epoch       uint64
}

// Freeze is the data of a freeze entry. A planned takeover succeeds only for
// exactly this shard and epoch.
type Freeze struct {
	To    string `json:"to"`
	Epoch uint64 `json:"epoch"`
	// Hash is the hash of the state that the new owner must arrive at.
	Hash string `json:"hash,omitempty"`
}

// Mode says what an assignment asks of its shard.
type Mode string

// The modes of an assignment.
const (
	ModeCreate   Mode = "create"   // start the session; it has no owner and no journal yet
	ModeHandoff  Mode = "handoff"  // take over from From, after its freeze
	ModeFailover Mode = "failover" // take over without a freeze
)

// Assignment is what the operator wants: this shard owns this session at this
// epoch. Only the newest one, the one in force, lets a shard create or take over.
type Assignment struct {
	Session string
	Epoch   uint64
	Shard   string
	Pool    string
	From    string // the shard that owns it now, empty for a new session
	Mode    Mode
}

// Takeover is what a new owner asks for.
type Takeover struct {
	// Planned asks for the handoff: the owner is still the one of epoch From and
	// its last entry is a freeze for exactly this shard and epoch. Otherwise the
	// takeover is forced: any owner of a lower epoch is replaced.
	Planned bool
	// From is the epoch of the owner to be replaced. Only a planned takeover
	// compares it.
	From uint64
	// Expect is the last position the caller has seen; zero takes over whatever
	// was written since.
	Expect Position
	// Data is the payload of the takeover entry.
	Data []byte
}

// Snapshot is the state of a session after the entry at Position.
type Snapshot struct {
	Position Position
	Schema   string // version of the encoding of Data, at most 32 bytes
	Data     []byte
}

// Loaded is all that is needed to build a session's state: fold Entries over
// Snapshot.
type Loaded struct {
	// Snapshot is the newest whose checksum holds; nil if there is none, then
	// Entries begin with the genesis entry.
	Snapshot *Snapshot
	// Entries follow the snapshot, without a hole.
	Entries []Entry
	// Owner is the owner at the time of reading.
	Owner Owner
	// Damaged lists newer snapshots that were passed over because they did not
	// hold what was written. It is an alarm.
	Damaged []Position
}

// Last is the position of the newest entry that was loaded.
func (l *Loaded) Last() Position {
	if n := len(l.Entries); n > 0 {
		return l.Entries[n-1].Position
	}
	if l.Snapshot != nil {
		return l.Snapshot.Position
	}
	return Position{}
}

// Durability is what the store promises for an acknowledged append. It never
// says more than was read from the store.
type Durability struct {
	// Level is one of the Level constants.
	Level string
	// Replicas is how many replicas confirm an append before it is acknowledged
	// (WAIT); 0 means none is asked.
	Replicas int
	// Connected is how many replicas were connected at the time of the probe.
	Connected int
	// Role is master or slave as the server calls it; empty when unknown.
	Role string
	// Evicts says that the server may throw keys away when memory is short
	// (maxmemory-policy other than noeviction). It must not, with sessions in it.
	Evicts bool
}

// The levels of durability of one Redis server.
const (
	LevelFsync    = "fsync"    // on disk before the acknowledgement
	LevelEverySec = "everysec" // on disk within about a second: a crash may lose that
	LevelNone     = "none"     // whenever the system writes it, or never
	LevelUnknown  = "unknown"  // the server refuses to say
)

// String is the form shown to people: level, and replicas if any are waited for.
func (d Durability) String() string {
	if d.Replicas == 0 {
		return d.Level
	}
	return d.Level + "+replicas"
}
