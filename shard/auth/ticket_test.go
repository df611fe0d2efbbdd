// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func ticket() Ticket {
	return Ticket{
		ID: "t1", Session: "s1", Player: "ann", Role: Player, Shard: "b", Epoch: 2,
		IssuedAt: issued.UnixMilli(), Expires: issued.Add(30 * time.Second).UnixMilli(), Until: issued.Add(time.Hour).Unix(),
	}
}

func TestTicketIsNoSessionToken(t *testing.T) {
	k := keys(t, "a")
	text, err := k.SignTicket(ticket())
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.VerifyTicket(text, issued)
	if err != nil || got != ticket() {
		t.Errorf("VerifyTicket = %+v, %v", got, err)
	}
	if want := claims(); got.Claims() != want {
		t.Errorf("Claims = %+v, want %+v", got.Claims(), want)
	}
	if _, err := k.Verify(text, issued); !errors.Is(err, ErrMalformed) {
		t.Errorf("a ticket as a session token: %v, want %v", err, ErrMalformed)
	}
	token, err := k.Sign(claims())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.VerifyTicket(token, issued); !errors.Is(err, ErrMalformed) {
		t.Errorf("a session token as a ticket: %v, want %v", err, ErrMalformed)
	}
	if !IsTicket(text) || IsTicket(token) {
		t.Error("IsTicket takes one for the other")
	}
}

func TestTicketRefused(t *testing.T) {
	k := keys(t, "a")
	text, err := k.SignTicket(ticket())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.VerifyTicket(text, issued.Add(30*time.Second)); !errors.Is(err, ErrExpired) {
		t.Errorf("expired: %v", err)
	}
	if _, err := k.VerifyTicket(text[:len(text)-1]+"A", issued); err == nil {
		t.Error("another signature is taken")
	}
	for name, change := range map[string]func(*Ticket){
		"no id":      func(t *Ticket) { t.ID = "" },
		"no shard":   func(t *Ticket) { t.Shard = "" },
		"no epoch":   func(t *Ticket) { t.Epoch = 0 },
		"peer":       func(t *Ticket) { t.Role = Peer },
		"no player":  func(t *Ticket) { t.Player = "" },
		"no session": func(t *Ticket) { t.Session = "" },
		"no life":    func(t *Ticket) { t.Expires = t.IssuedAt },
	} {
		bad := ticket()
		change(&bad)
		if _, err := k.SignTicket(bad); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestSpent(t *testing.T) {
	s := NewSpent(issued, 3)
	nth := func(i int) Ticket {
		n := ticket()
		n.ID = fmt.Sprint("t", i)
		return n
	}
	for i := range 3 {
		if err := s.Use(nth(i), issued); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Use(nth(1), issued); !errors.Is(err, ErrSpent) {
		t.Errorf("used again: %v, want %v", err, ErrSpent)
	}
	if err := s.Use(nth(3), issued); !errors.Is(err, ErrTooManyTickets) {
		t.Errorf("one too many: %v, want %v", err, ErrTooManyTickets)
	}
	// The others have expired by then and are forgotten.
	if err := s.Use(nth(3), issued.Add(30*time.Second)); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	old := nth(9)
	old.IssuedAt--
	if err := s.Use(old, issued); !errors.Is(err, ErrSpent) {
		t.Errorf("issued before this run: %v, want %v", err, ErrSpent)
	}
}
