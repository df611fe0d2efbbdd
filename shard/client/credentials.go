// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"gamesession.dev/operator/shard/wire"
)

// Credentials open connections.
type Credentials interface {
	// Token returns a session token or a ticket that is good now. It is asked for
	// anew before each connection, and may take as long as ctx. A [*TicketError] may
	// end the client, any other error means: again, later.
	Token(ctx context.Context) (string, error)
}

// fixed is a token that is used again and again, or that came with a frame.
type fixed string

func (f fixed) Token(context.Context) (string, error) { return string(f), nil }

// Tickets are [Credentials] that ask a front door for a ticket each time. A ticket
// opens one connection, soon, and is worth nothing to who reads it later.
type Tickets struct {
	// URL is the front door, as in [Options].
	URL     string
	Session string
	// Authorize says who asks, in the headers of a request: a token of an issuer, or
	// a session token.
	Authorize func(*http.Request) error
	// Character is the one creature that the connection may act for; empty: all of
	// the player's.
	Character string
	// Client makes the requests; when nil, the default one does.
	Client *http.Client
}

// Token asks for a ticket.
func (t Tickets) Token(ctx context.Context) (string, error) {
	ticket, err := t.ask(ctx)
	if err != nil {
		return "", fmt.Errorf("asking for a ticket: %w", err)
	}
	return ticket, nil
}

func (t Tickets) ask(ctx context.Context) (string, error) {
	to, err := t.url()
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(wire.JoinRequest{Character: t.Character})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	if t.Authorize != nil {
		if err := t.Authorize(request); err != nil {
			return "", err
		}
	}
	client := t.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", &TicketError{*newHandshakeError(response.StatusCode, answer)}
	}
	var given wire.Ticketed
	if err := json.Unmarshal(answer, &given); err != nil {
		return "", fmt.Errorf("reading it: %w", err)
	}
	return given.Ticket, nil
}

// url is where tickets are had.
func (t Tickets) url() (string, error) {
	u, err := Options{URL: t.URL, Session: t.Session}.endpoint()
	if err != nil {
		return "", err
	}
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	u.Path = strings.TrimSuffix(u.Path, "/ws") + "/ticket"
	return u.String(), nil
}
