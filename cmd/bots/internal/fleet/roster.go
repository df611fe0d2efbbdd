// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"gamesession.dev/operator/shard/auth"
)

// Seat is one bot's place: who it is, where, and the token that says so.
type Seat struct {
	Session string    `json:"session"`
	Player  string    `json:"player"`
	Role    auth.Role `json:"role"`
	Token   string    `json:"token"`
}

// Session is a line of a sessions file.
type Session struct {
	ID          string   `json:"id"`
	Players     []string `json:"players"`
	GameMasters []string `json:"gameMasters"`
}

// ReadSessions reads a sessions file: one JSON object a line.
func ReadSessions(data []byte) ([]Session, error) {
	sessions, err := lines[Session](data)
	if err != nil {
		return nil, fmt.Errorf("reading the sessions: %w", err)
	}
	return sessions, nil
}

// ReadSeats reads a tokens file: one JSON object {session, player, role, token}
// a line.
func ReadSeats(data []byte) ([]Seat, error) {
	seats, err := lines[Seat](data)
	if err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	for i, s := range seats {
		if s.Session == "" || s.Player == "" || s.Token == "" || !s.Role.Valid() {
			return nil, fmt.Errorf("reading the tokens: entry %d needs session, player, token and role (gm, player or spectator)", i+1)
		}
	}
	return seats, nil
}

func lines[T any](data []byte) ([]T, error) {
	var out []T
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var v T
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(out)+1, err)
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, errors.New("there are none")
	}
	return out, nil
}

// tokenLife is how long the tokens live that the bots sign for themselves.
const tokenLife = 12 * time.Hour

// Sign gives a seat to every player and game master of the sessions.
func Sign(keys *auth.Keys, sessions []Session, now time.Time) ([]Seat, error) {
	var seats []Seat
	for _, s := range sessions {
		for i, player := range append(append([]string{}, s.GameMasters...), s.Players...) {
			seat := Seat{Session: s.ID, Player: player, Role: auth.Player}
			if i < len(s.GameMasters) {
				seat.Role = auth.GameMaster
			}
			token, err := keys.Sign(auth.Claims{
				Session: s.ID, Player: player, Role: seat.Role,
				IssuedAt: now.Unix(), Expires: now.Add(tokenLife).Unix(),
			})
			if err != nil {
				return nil, fmt.Errorf("signing the token of %s in %s: %w", player, s.ID, err)
			}
			seat.Token = token
			seats = append(seats, seat)
		}
	}
	return seats, nil
}
