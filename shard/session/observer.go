// SPDX-License-Identifier: Apache-2.0

package session

import "time"

// Observer hears what sessions do, for metrics. Its methods must not block.
type Observer interface {
	// Applied: a command was acknowledged after d, from the inbox to durable.
	Applied(d time.Duration)
	// Refused: a command was refused, by code.
	Refused(code string)
	// Limited: a command was refused by a limit.
	Limited(by string)
	// Broadcast: one update was queued for so many clients.
	Broadcast(clients int)
	// Told: what became durable was handed to the sockets of all clients after d.
	Told(d time.Duration)
	// StoreTrouble: the journal did not answer as it should.
	StoreTrouble()
	// Froze, Thawed and Fenced: the source's steps of a handoff.
	Froze()
	Thawed()
	Fenced()
	// TookOver: a standby became the owner; pause is zero if it is not known.
	TookOver(reason string, pause time.Duration)
	// Mismatch: a standby's state was not the source's. It is an alarm.
	Mismatch()
}

// deaf is the observer of those who want none.
type deaf struct{}

func (deaf) Applied(time.Duration)          {}
func (deaf) Refused(string)                 {}
func (deaf) Limited(string)                 {}
func (deaf) Broadcast(int)                  {}
func (deaf) Told(time.Duration)             {}
func (deaf) StoreTrouble()                  {}
func (deaf) Froze()                         {}
func (deaf) Thawed()                        {}
func (deaf) Fenced()                        {}
func (deaf) TookOver(string, time.Duration) {}
func (deaf) Mismatch()                      {}
