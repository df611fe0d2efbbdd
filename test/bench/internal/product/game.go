// SPDX-License-Identifier: Apache-2.0

package product

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/bench/internal/sock"
	"gamesession.dev/operator/test/bench/internal/tt1"
)

// Join connects a player with its token and asks for the view, as every client
// does.
func (s *Stage) Join(table, seat int) (tt1.Joined, error) {
	c, err := s.dial(table, seat)
	if err != nil {
		return tt1.Joined{}, err
	}
	j := tt1.Joined{Conn: c}
	if err := c.Send(sock.Text, wire.Encode(wire.TypeSyncRequest, wire.SyncRequest{})); err != nil {
		return j, err
	}
	for begun := time.Now(); time.Since(begun) < patience; {
		_, payload, err := c.Next()
		if err != nil {
			return j, err
		}
		j.Size += len(payload)
		if bytes.HasPrefix(payload, []byte(`{"type":"sync_response"`)) {
			return j, readView(payload, &j)
		}
	}
	return j, errNoView
}

func (s *Stage) dial(table, seat int) (*sock.Conn, error) {
	id := s.sessions[table]
	token, err := s.token(id, playerID(seat), auth.Player)
	if err != nil {
		return nil, err
	}
	headers := []string{"Sec-WebSocket-Protocol: " + wire.Subprotocol, wire.TokenHeader + ": " + token}
	if s.identities != nil {
		headers = append(headers, "Authorization: Bearer "+s.identities[seat])
	}
	return sock.Dial(s.Address, "/api/v2/sessions/"+id+"/ws", headers, patience)
}

// Resume comes back as a player that has the updates up to from, and returns when
// it has them up to another.
func (s *Stage) Resume(table, seat int, from, upTo uint64) error {
	c, err := s.dial(table, seat)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Send(sock.Text, wire.Encode(wire.TypeResume, wire.Resume{Position: wire.Position{Epoch: 1, Version: from}})); err != nil {
		return err
	}
	for next := from + 1; next <= upTo; {
		_, payload, err := c.Next()
		if err != nil {
			return err
		}
		if told := s.Read(payload); told.Kind == tt1.Update {
			if told.Seq != next {
				return fmt.Errorf("update %d came, want %d", told.Seq, next)
			}
			next++
		}
	}
	return nil
}

var errNoView = errors.New("the view did not come")

var (
	viewTurnKey = []byte(`"/combat/turn":"p`)
	lastNKey    = []byte(`"last_n":`)
)

// readView takes from a sync_response whose turn it is and the player's counter. It
// looks at no more than that: what a client makes of its view is not the server's
// time.
func readView(payload []byte, j *tt1.Joined) error {
	_, turn, found := bytes.Cut(payload, viewTurnKey)
	if !found {
		return errors.New("nobody is on turn")
	}
	j.Turn = int(turn[0] - '0')
	j.N, _ = number(payload[bytes.LastIndex(payload, lastNKey)+len(lastNKey):])
	return nil
}

// Act is a whole turn in one command: the attack, and its end.
func (*Stage) Act(out []byte, seat int, n uint64) []byte {
	var room [512]byte
	b := append(room[:0], `{"type":"action_declare","data":{"n":`...)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `,"action_id":"a`...)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `","action":{"type":"sequence","actions":[{"type":"attack","attacker":"p`...)
	b = append(b, byte('0'+seat))
	b = append(b, `","target":"p`...)
	b = append(b, byte('0'+tt1.Target(seat)))
	b = append(b, `","attack":"sword"},{"type":"end_turn","creature":"p`...)
	b = append(b, byte('0'+seat))
	b = append(b, `"}]}}}`...)
	return append(sock.Append(out, sock.Text, len(b)), b...)
}

var (
	ackHead     = []byte(`{"type":"` + wire.TypeAck + `"`)
	updateHead  = []byte(`{"type":"` + wire.TypeTurnChange + `"`)
	refusalHead = []byte(`{"type":"` + wire.TypeRefusal + `"`)
	errorHead   = []byte(`{"type":"` + wire.TypeError + `"`)
	versionKey  = []byte(`"version":`)
	turnKey     = []byte(`"path":"/combat/turn","value":"p`)
)

// Read looks at no more of a frame than it needs.
func (*Stage) Read(payload []byte) tt1.Told {
	switch {
	case bytes.HasPrefix(payload, updateHead):
		told := tt1.Told{Kind: tt1.Update}
		rest := payload[min(len(payload), bytes.Index(payload, versionKey)+len(versionKey)):]
		told.Seq, rest = number(rest)
		if at := bytes.Index(rest, turnKey); at >= 0 {
			told.Turn = int(rest[at+len(turnKey)] - '0')
		}
		return told
	case bytes.HasPrefix(payload, ackHead):
		return tt1.Told{Kind: tt1.Ack}
	case bytes.HasPrefix(payload, refusalHead), bytes.HasPrefix(payload, errorHead):
		return tt1.Told{Kind: tt1.Refused}
	}
	return tt1.Told{Kind: tt1.Other}
}

// number reads the digits at the beginning of a text.
func number(text []byte) (n uint64, rest []byte) {
	for i, digit := range text {
		if digit < '0' || digit > '9' {
			return n, text[i:]
		}
		n = n*10 + uint64(digit-'0')
	}
	return n, nil
}
