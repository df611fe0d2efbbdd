// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Options say where a session is found and how a client behaves.
type Options struct {
	// URL is the front door: http, https, ws or wss, with an optional path
	// prefix.
	URL string
	// Session is the session's id.
	Session string
	// Token is the session token of the player.
	Token string
	// Credentials, when set, are asked for a token before each connection, in Token's
	// place, but for one that is opened ahead of a move: that has a ticket of its own.
	// A client with credentials comes back also when its token has expired, and when
	// its player has another role: then with that role's view.
	Credentials Credentials
	// FollowMoves makes the client open a second connection to the new owner
	// when it is told of one. Without it the client stays on its connection.
	FollowMoves bool
	// PreConnect makes the client open that connection already when it is told
	// that its session is about to move, and wait there.
	PreConnect bool
	// Observe, when set, is called with everything that happens, in order,
	// from one goroutine. It must return soon and must not call [Client.Do],
	// [Client.Say] or [Client.Close].
	Observe func(Event)
	// MaxPending bounds the commands without an answer; 16 when zero. A
	// command past it is refused with [ErrTooManyPending].
	MaxPending int
	// AnswerTimeout is how long a command waits for its answer on a live
	// connection before it is sent again; 5 s when zero.
	AnswerTimeout time.Duration
	// OpenTimeout bounds an attempt from its dial until the connection is
	// live; 15 s when zero.
	OpenTimeout time.Duration
	// Dialer opens connections; when nil, one with default settings does.
	Dialer *websocket.Dialer
}

const (
	defaultMaxPending    = 16
	defaultAnswerTimeout = 5 * time.Second
	defaultOpenTimeout   = 15 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Credentials == nil {
		o.Credentials = fixed(o.Token)
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	if o.MaxPending == 0 {
		o.MaxPending = defaultMaxPending
	}
	if o.AnswerTimeout == 0 {
		o.AnswerTimeout = defaultAnswerTimeout
	}
	if o.OpenTimeout == 0 {
		o.OpenTimeout = defaultOpenTimeout
	}
	if o.Dialer == nil {
		// Proxies are left to who passes a dialer of its own: a game client
		// in a cluster must not pick one up from its environment by surprise.
		o.Dialer = &websocket.Dialer{HandshakeTimeout: o.OpenTimeout}
	}
	return o
}

// endpoint returns the WebSocket URL of the session behind the front door.
func (o Options) endpoint() (*url.URL, error) {
	if o.Session == "" {
		return nil, errors.New("session id is missing")
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("parsing the URL of the front door: %w", err)
	}
	if u.Host == "" {
		return nil, fmt.Errorf("URL of the front door %q has no host", o.URL)
	}
	if err := useWebSocketScheme(u); err != nil {
		return nil, err
	}
	u.RawQuery, u.Fragment = "", ""
	u.Path = strings.TrimSuffix(u.Path, "/") + "/api/v2/sessions/" + o.Session + "/ws"
	return u, nil
}

// resolve returns the URL that a moved frame names, relative to the one in use.
func resolve(used *url.URL, ref string) (*url.URL, error) {
	r, err := url.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("parsing the URL of the new owner: %w", err)
	}
	u := used.ResolveReference(r)
	return u, useWebSocketScheme(u)
}

func useWebSocketScheme(u *url.URL) error {
	switch u.Scheme {
	case "http", "ws":
		u.Scheme = "ws"
	case "https", "wss":
		u.Scheme = "wss"
	default:
		return fmt.Errorf("URL scheme %q is not one of http, https, ws, wss", u.Scheme)
	}
	return nil
}
