// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// The steps of a handoff that the other shards' requests to its target show.
const (
	stepAsked   = "asked"   // the source asks whether the target follows
	stepFollows = "follows" // the target has answered that it does
	stepDialled = "dialled" // a connection of a client is opened beforehand
)

// Gate stands in front of one shard, where the others reach it, and lets a test
// act at a step of a handoff before the other side knows of it.
type Gate struct {
	Address string

	mu    sync.Mutex
	shard *Shard
	step  string
	act   func()
}

// Gate opens a gate; Lead says to whom.
func (f *Fleet) Gate() *Gate {
	f.t.Helper()
	g := &Gate{}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			g.mu.Lock()
			address := g.shard.Address
			g.mu.Unlock()
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			switch {
			case strings.HasSuffix(r.In.URL.Path, "/standby"):
				g.reached(stepAsked)
			case strings.HasSuffix(r.In.URL.Path, "/relay"):
				g.reached(stepDialled)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if strings.HasSuffix(r.Request.URL.Path, "/standby") && r.StatusCode == http.StatusNoContent {
				g.reached(stepFollows)
			}
			return nil
		},
		ErrorLog: log.New(io.Discard, "", 0), // the shard behind it is meant to die
	})
	f.t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	g.Address = strings.TrimPrefix(server.URL, "http://")
	return g
}

// Lead says which shard is behind the gate.
func (g *Gate) Lead(s *Shard) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shard = s
}

// At acts once, when a step is reached; what has reached it waits meanwhile.
func (g *Gate) At(step string, act func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.step, g.act = step, act
}

func (g *Gate) reached(step string) {
	g.mu.Lock()
	act := g.act
	if step != g.step {
		act = nil
	}
	if act != nil {
		g.step, g.act = "", nil
	}
	g.mu.Unlock()
	if act != nil {
		act()
	}
}
