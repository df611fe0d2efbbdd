// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"gamesession.dev/operator/test/port"
)

// Network makes links.
type Network struct{ server *toxiproxy.ApiServer }

// NewNetwork returns a network without links.
func NewNetwork() *Network {
	return &Network{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
}

// Link is one way from whoever dials Addr to an upstream, through a proxy that
// can be hurt. It is safe for concurrent use.
type Link struct {
	addr  string
	mu    sync.Mutex
	proxy *toxiproxy.Proxy
}

// Link opens a link to an address.
func (n *Network) Link(name, upstream string) (*Link, error) {
	listen, err := port.Address()
	if err != nil {
		return nil, err
	}
	p := toxiproxy.NewProxy(n.server, name, listen.String(), upstream)
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("opening link %s: %w", name, err)
	}
	return &Link{addr: p.Listen, proxy: p}, nil
}

// Addr is where the link is dialled, the same for its life.
func (l *Link) Addr() string { return l.addr }

// Cut ends all connections and refuses new ones.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proxy.Stop()
}

// Mend makes the link whole again.
func (l *Link) Mend() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proxy.Toxics.ResetToxics(context.Background())
	if l.proxy.Enabled {
		return nil
	}
	return l.start()
}

// listenWithin bounds the wait for a port of one's own.
const listenWithin = 5 * time.Second

// start listens again. A process that the harness is starting holds copies of all
// that was open when it was forked, the socket that listened here before among it,
// until it becomes another program.
func (l *Link) start() error {
	for until := time.Now().Add(listenWithin); ; time.Sleep(time.Millisecond) {
		err := l.proxy.Start()
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(until) {
			return fmt.Errorf("mending link %s: %w", l.proxy.Name, err)
		}
	}
}

// Point leads to another upstream; connections to the last one end.
func (l *Link) Point(upstream string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proxy.Upstream == upstream && l.proxy.Enabled {
		return nil
	}
	l.proxy.Stop()
	l.proxy.Upstream = upstream
	return l.start()
}

// Direction is a way along a link.
type Direction string

// The directions.
const (
	Requests Direction = "upstream"
	Replies  Direction = "downstream"
)

// Hurt puts a toxic on one direction.
func (l *Link) Hurt(kind string, d Direction, attributes map[string]any) error {
	text, err := json.Marshal(map[string]any{"type": kind, "stream": d, "attributes": attributes})
	if err != nil {
		return fmt.Errorf("encoding a toxic: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
		return fmt.Errorf("hurting link %s by %s: %w", l.proxy.Name, kind, err)
	}
	return nil
}
