// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// read takes frames from the client until the socket ends.
func (c *conn) read() {
	c.ws.SetReadLimit(wire.MaxFrameBytes)
	alive := func() { _ = c.ws.SetReadDeadline(time.Now().Add(c.srv.pace.idle)) }
	midway := false // a message has begun: pongs between its fragments do not prolong it
	c.ws.SetPongHandler(func(string) error {
		if !midway {
			alive()
		}
		return nil
	})
	alive()
	for {
		kind, part, err := c.ws.NextReader()
		if err != nil {
			if errors.Is(err, websocket.ErrReadLimit) { // said already, but for a length that has no end
				_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseMessageTooBig, ""), time.Now().Add(writeTimeout))
			}
			return
		}
		midway = true
		message, err := io.ReadAll(part)
		if err != nil {
			return
		}
		midway = false
		c.srv.Metrics.framesIn.Inc()
		switch {
		case c.ended.Load():
		case kind != websocket.TextMessage:
			c.close(websocket.CloseUnsupportedData, "frames are JSON text")
		case !utf8.Valid(message):
			c.close(websocket.CloseInvalidFramePayloadData, "not valid UTF-8")
		default:
			if !c.tooFast(message) {
				c.take(message)
			}
		}
	}
}

// take handles one frame of the client.
func (c *conn) take(message []byte) {
	var err error
	if d, usual := wire.DecodeDeclare(message); usual {
		err = c.declare(d)
	} else {
		err = aside(func() error {
			f, err := wire.DecodeRequest(message)
			if err != nil {
				return err
			}
			return c.handle(f)
		})
	}
	if err == nil {
		return
	}
	c.strikes++
	c.send(wire.TypeError, wire.Error{Code: wire.CodeBadRequest, Message: err.Error()})
	if c.strikes >= maxStrikes {
		c.close(wire.CloseTooManyErrors, "too many frames that break the protocol")
	}
}

// aside calls f on a goroutine of its own and waits for it. The general decoder
// takes twice the stack that reading and usual commands do, and a goroutine does not
// give back what it had once: each connection would keep it.
func aside(f func() error) error {
	done := make(chan error)
	go func() { done <- f() }()
	return <-done
}

func (c *conn) handle(f wire.Frame) error {
	switch f.Type {
	case wire.TypeHeartbeat:
		return wire.DecodeData(f, &wire.Heartbeat{})
	case wire.TypeResume:
		r := &wire.Resume{}
		if err := wire.DecodeData(f, r); err != nil {
			return err
		}
		return c.begin(start{resume: r, preconnect: r.Preconnect})
	case wire.TypeSyncRequest:
		return c.requestSync(f)
	case wire.TypeActionDeclare:
		d := wire.ActionDeclare{}
		if err := wire.DecodeData(f, &d); err != nil {
			return err
		}
		return c.declare(d)
	case wire.TypeMigrateReady:
		r := wire.MigrateReady{}
		if err := wire.DecodeData(f, &r); err != nil {
			return err
		}
		c.migrateReady(r.Epoch)
		return nil
	case wire.TypeChat, wire.TypeEmote, wire.TypeMapPing, wire.TypeTyping:
		return c.say(f)
	case wire.TypePresenceRequest:
		if err := wire.DecodeData(f, &wire.PresenceRequest{}); err != nil {
			return err
		}
		return c.watchPresence()
	case typeRelayReady:
		if c.peer {
			c.relayReady()
			return nil
		}
	}
	return errUnknownType(f.Type)
}

func (c *conn) requestSync(f wire.Frame) error {
	req := wire.SyncRequest{}
	if err := wire.DecodeData(f, &req); err != nil {
		return err
	}
	if len(req.Paths) > wire.MaxSyncPaths {
		return errTooManyPaths
	}
	if !c.started {
		return c.begin(start{preconnect: req.Preconnect})
	}
	c.mu.Lock()
	to := c.target
	wait := to == nil && !c.lost && len(c.asked) < pendingMax
	if wait {
		c.asked = append(c.asked, req.Paths)
	}
	// Should the target go away before it answers, the next one is asked.
	c.syncing = c.syncing || to != nil && len(req.Paths) == 0
	c.mu.Unlock()
	switch {
	case to != nil:
		to.sync(req.Paths)
	case !wait:
		c.refuseSync()
	}
	return nil
}

func (c *conn) refuseSync() {
	c.send(wire.TypeError, wire.Error{Code: wire.CodeNoOwner, Message: "the session has no live owner at the moment; ask again"})
}

// begin takes a client's first frame, which says what it has.
func (c *conn) begin(s start) error {
	if c.started {
		return errStarted
	}
	c.started = true
	c.mu.Lock()
	c.takes = s.preconnect
	c.mu.Unlock()
	c.first <- s
	return nil
}

// declare takes a command. It is kept until it is answered.
func (c *conn) declare(d wire.ActionDeclare) error {
	if !c.started {
		return errNotStarted
	}
	if !bytes.HasPrefix(bytes.TrimLeft(d.Action, " \t\r\n"), []byte{'{'}) { // it is JSON
		return errNoAction
	}
	if d.N == 0 { // it has no name by which its answer could be waited for
		c.srv.Metrics.Refused(wire.RefusalBadCommandID)
		c.send(wire.TypeRefusal, wire.Refusal{ActionID: d.ActionID, Code: wire.RefusalBadCommandID, Message: "n must be above 0"})
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost {
		c.refuse(d, wire.RefusalUnavailable, "the session has no live owner at the moment; send the command again")
		return nil
	}
	if frame, refused := c.pending.again(d); refused {
		c.put(frame)
		return nil
	}
	fresh, room := c.pending.add(d)
	switch {
	case !room:
		c.refuse(d, wire.RefusalTooManyOpen, "too many commands of this connection have no answer")
	case fresh && c.target != nil:
		c.pass(d)
	}
	return nil
}

// pass gives a command to the target. The caller holds mu.
func (c *conn) pass(d wire.ActionDeclare) {
	if !c.target.command(d) {
		c.pending.answered(d.N)
		c.refuse(d, wire.RefusalInboxFull, "the session has too many commands waiting")
	}
}

func (c *conn) refuse(d wire.ActionDeclare, code, message string) {
	c.srv.Metrics.Refused(code)
	c.send(wire.TypeRefusal, wire.Refusal{N: d.N, ActionID: d.ActionID, Code: code, Message: message, Retry: true})
}
