// SPDX-License-Identifier: Apache-2.0

package server

import (
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// line is something that a client says, as a frame and as it was read.
type line struct {
	frame wire.Frame
	said  session.Saying
}

// say passes on what the client says to the others. Between two owners, or while the
// first one is still being attached to, it waits for the next, as questions do; when
// there is none for a while the client is told that nobody heard it.
func (c *conn) say(f wire.Frame) error {
	said, err := saying(f)
	if err != nil {
		return err
	}
	if !c.started {
		return errNotStarted
	}
	if !c.claims.Allowed(c.id, auth.Talk, auth.Others) {
		c.send(wire.TypeError, wire.Error{Code: wire.CodeForbidden, Message: "a " + string(c.claims.Role) + " does not talk"})
		return nil
	}
	c.mu.Lock()
	to := c.target
	wait := to == nil && !c.lost && len(c.said) < pendingMax
	if wait {
		c.said = append(c.said, line{f, said})
	}
	c.mu.Unlock()
	switch {
	case to != nil:
		to.say(f, said)
	case !wait:
		c.unheard()
	}
	return nil
}

func (c *conn) unheard() {
	c.send(wire.TypeError, wire.Error{Code: wire.CodeNoOwner, Message: "the session has no live owner at the moment; nobody heard this"})
}

// saying reads and checks what a client says.
func saying(f wire.Frame) (session.Saying, error) {
	switch f.Type {
	case wire.TypeChat:
		return read[wire.Chat](f)
	case wire.TypeEmote:
		return read[wire.Emote](f)
	case wire.TypeMapPing:
		return read[wire.MapPing](f)
	default:
		return read[wire.Typing](f)
	}
}

// read decodes a frame's data strictly, and has it checked if it can be.
func read[T any](f wire.Frame) (session.Saying, error) {
	var data T
	err := wire.DecodeData(f, &data)
	if checks, is := any(data).(interface{ Check() error }); is && err == nil {
		err = checks.Check()
	}
	return session.Saying{Data: data}, err
}

// watchPresence takes the wish to know who is there: it is granted wherever the connection
// is attached, and again wherever it attaches next.
func (c *conn) watchPresence() error {
	if !c.started {
		return errNotStarted
	}
	c.mu.Lock()
	c.watches = true
	to := c.target
	c.mu.Unlock()
	if to != nil {
		to.watch()
	}
	return nil
}
