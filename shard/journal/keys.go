// SPDX-License-Identifier: Apache-2.0

package journal

import "fmt"

// DefaultPrefix begins every key unless an installation chooses another.
const DefaultPrefix = "gs"

// Keys names every key and channel that this project has in Redis; no other
// place builds one. All keys of a session share its hash tag {id}, so that every
// script touches one slot. Two installations with different prefixes can share a
// Redis.
type Keys struct {
	prefix string
}

// NewKeys returns the keys with a prefix; empty means DefaultPrefix.
func NewKeys(prefix string) (Keys, error) {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	if !prefixForm.fits(prefix) {
		return Keys{}, fmt.Errorf("key prefix %.64q: must match %s: %w", prefix, prefixForm.pattern, ErrInvalid)
	}
	return Keys{prefix: prefix}, nil
}

// CheckSession refuses what cannot be a session id.
func CheckSession(id string) error {
	if !sessionForm.fits(id) {
		return fmt.Errorf("session id %.80q: must match %s: %w", id, sessionForm.pattern, ErrInvalid)
	}
	return nil
}

// CheckName refuses what cannot be the name of a pod or the id of a pool.
func CheckName(name string) error {
	if !nameForm.fits(name) {
		return fmt.Errorf("name %.80q: must be a DNS subdomain name: %w", name, ErrInvalid)
	}
	return nil
}

func (k Keys) session(id, part string) string { return k.prefix + ":{" + id + "}:" + part }

// Spec is the string with the session's wish, written by the operator.
func (k Keys) Spec(id string) string { return k.session(id, "spec") }

// Assign is the hash with the assignment in force.
func (k Keys) Assign(id string) string { return k.session(id, "assign") }

// Owner is the hash that says who may write.
func (k Keys) Owner(id string) string { return k.session(id, "owner") }

// Journal is the stream of entries.
func (k Keys) Journal(id string) string { return k.session(id, "journal") }

// Snapshots is the hash of the last two snapshots.
func (k Keys) Snapshots(id string) string { return k.session(id, "snapshots") }

// Report is the hash with what the owner tells the operator.
func (k Keys) Report(id string) string { return k.session(id, "report") }

// Answer is the hash with what an assigned shard tells the operator before it
// owns the session.
func (k Keys) Answer(id string) string { return k.session(id, "answer") }

// Shard is the hash with a shard's heartbeat.
func (k Keys) Shard(pool, shard string) string { return k.prefix + ":shard:" + pool + ":" + shard }

// Hints is the set of sessions that concern a shard. It is a hint: the keys of
// the session are the truth.
func (k Keys) Hints(shard string) string { return k.prefix + ":hints:" + shard }

// Drain is the string that tells a shard to hand everything off.
func (k Keys) Drain(shard string) string { return k.prefix + ":drain:" + shard }

// Ticket is the string that says that a ticket was used.
func (k Keys) Ticket(id string) string { return k.prefix + ":ticket:{" + id + "}" }

// Wake is the channel on which a shard is told to look at a session.
func (k Keys) Wake(shard string) string { return k.prefix + ":wake:" + shard }

// Beat is the channel on which the operator is told to look at a shard.
func (k Keys) Beat(pool string) string { return k.prefix + ":beat:" + pool }

// Marker is the key that is written where only the place in the replication
// stream matters. Its value means nothing.
func (k Keys) Marker() string { return k.prefix + ":marker" }
