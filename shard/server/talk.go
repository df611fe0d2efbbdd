// SPDX-License-Identifier: Apache-2.0

package server

import (
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// say passes on what the client says to the others. It is kept nowhere: between
// two owners there is nobody to pass it on to, and the client is told.
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
	if to := c.attachedTo(); to != nil {
		to.say(f, said)
		return nil
	}
	c.send(wire.TypeError, wire.Error{Code: wire.CodeNoOwner, Message: "the session has no live owner at the moment; nobody heard this"})
	return nil
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

func (c *conn) attachedTo() target {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.target
}
