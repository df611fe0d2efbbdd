// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/audit"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/trace"
	"gamesession.dev/operator/shard/wire"
)

// Sessions are the sessions of this shard.
type Sessions interface {
	// Session returns a session that lives here.
	Session(id string) (*session.Session, bool)
	// Await is Session that waits for one that is on its way here.
	Await(ctx context.Context, id string) (*session.Session, error)
	// AwaitStandby returns nil once this shard follows the session for the
	// takeover at epoch, or has taken it over at that.
	AwaitStandby(ctx context.Context, id string, epoch uint64) error
}

// Directory finds the other shards.
type Directory interface {
	// Owner reads which shard owns a session.
	Owner(ctx context.Context, id string) (journal.Owner, error)
	// Address returns where a shard listens, as http://host:port or
	// https://host:port.
	Address(ctx context.Context, shard string) (string, error)
}

// Config is what a server needs. All fields but REST, Origins,
// Identity and Limits are required.
type Config struct {
	Shard      string
	Keys       func() *auth.Keys
	Sessions   Sessions
	Directory  Directory
	Tickets    Tickets
	Logger     *slog.Logger
	Metrics    *Metrics
	MaxSockets int
	// Origins are the origins from which browsers may connect, as
	// scheme://host[:port]; when there are none, the host that they asked for.
	Origins []string
	// AnyOrigin lets browsers connect from everywhere: for a shard that serves
	// its own machine alone, and whose tokens are good for one run.
	AnyOrigin bool
	// Identity checks who callers say to be; nil when no issuer is trusted.
	Identity httpapi.Verifier
	// Limits bound what one client can do.
	Limits Limits
	// PeerTLS is how other shards are dialled at https addresses; nil when there
	// are none.
	PeerTLS func() *tls.Config
	// Tracer traces the relaying of commands; nil: none is traced.
	Tracer *trace.Tracer
	// REST serves what is below /api/v2/ beside WebSockets, and /openapi.json; nil:
	// nothing is there.
	REST http.Handler
}

const (
	writeTimeout = 5 * time.Second
	// goodbyeTimeout is how long a client has to answer a close frame.
	goodbyeTimeout = time.Second
	dialTimeout    = 2 * time.Second
	// lookTimeout bounds one look at who owns a session.
	lookTimeout = 2 * time.Second
)

// pace says how often a connection is looked after.
type pace struct {
	heartbeat time.Duration
	ping      time.Duration
	// idle is how long a peer may show no sign of life: it answers pings.
	idle time.Duration
}

var usualPace = pace{heartbeat: 30 * time.Second, ping: 10 * time.Second, idle: 30 * time.Second}

// Server serves clients and other shards. Its methods are safe for concurrent
// use.
type Server struct {
	Config
	upgrader websocket.Upgrader
	dialer   websocket.Dialer
	pace     pace
	now      func() time.Time // for limits
	draining atomic.Bool
	spent    *auth.Spent
	denials  *audit.Denials

	mu    sync.Mutex
	conns map[*conn]struct{}
}

// New returns a server that has no connections yet.
func New(cfg Config) *Server {
	s := &Server{
		Config: cfg,
		pace:   usualPace,
		now:    time.Now,
		conns:  map[*conn]struct{}{},
		spent:  auth.NewSpent(time.Now(), maxTickets),

		denials: audit.NewDenials(cfg.Logger, time.Now),
		upgrader: websocket.Upgrader{
			HandshakeTimeout: writeTimeout,
			ReadBufferSize:   512, // a command is smaller; a connection keeps it
			WriteBufferPool:  &sync.Pool{},
			WriteBufferSize:  4096,
		},
		dialer: websocket.Dialer{
			HandshakeTimeout: dialTimeout,
			Subprotocols:     []string{relaySubprotocol},
			ReadBufferSize:   4096,
			WriteBufferSize:  2048,
		},
	}
	s.dialer.NetDialTLSContext = s.dialTLS
	s.upgrader.CheckOrigin = s.mayCall
	s.upgrader.Error = s.refuseUpgrade
	return s
}

// Handler routes the shard's public port.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v2/sessions/{id}/ws", s.serveClient)
	// The shard in the path is for whoever routes in front of the shards, and for
	// who connects ahead of a move. Otherwise every shard serves every session.
	mux.HandleFunc("GET /s/{shard}/api/v2/sessions/{id}/ws", s.serveClient)
	mux.HandleFunc("GET "+relayPath, s.serveRelay)
	mux.HandleFunc("GET "+standbyPath, s.serveStandby)
	if s.REST != nil {
		mux.Handle("/api/v2/", s.shared(s.REST))
		mux.Handle("/openapi.json", s.REST)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, wire.CodeNotFound, "there is nothing here")
	})
	return httpapi.Guard(mux)
}

// Sockets returns how many clients are connected here, relayed ones included.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.conns {
		if !c.peer {
			n++
		}
	}
	return n
}

// SetDraining refuses new clients, and tells those that are relayed where they
// could go; or takes new clients again.
func (s *Server) SetDraining(on bool) {
	if s.draining.Swap(on) || !on {
		return
	}
	for _, c := range s.all() {
		c.offerMove("draining")
	}
}

// CloseAll closes the connections, a few at a time over the given duration, with
// the code that says: come back. It returns when all have gone, or with ctx.
func (s *Server) CloseAll(ctx context.Context, over time.Duration) {
	conns := s.all()
	for i, c := range conns {
		c.close(websocket.CloseServiceRestart, "this shard is leaving")
		if i == len(conns)-1 {
			break
		}
		select {
		case <-time.After(over / time.Duration(len(conns))):
		case <-ctx.Done():
		}
	}
	for _, c := range conns {
		select {
		case <-c.done:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

var errTooManySockets = errors.New("too many connections")

// register counts a connection in, within the bound.
func (s *Server) register(c *conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= s.MaxSockets {
		return errTooManySockets
	}
	s.conns[c] = struct{}{}
	s.Metrics.sockets.Set(float64(len(s.conns)))
	return nil
}

func (s *Server) unregister(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.Metrics.sockets.Set(float64(len(s.conns)))
}
