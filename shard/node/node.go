// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/certs"
	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/shard/host"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/monitor"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rest"
	"gamesession.dev/operator/shard/server"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/trace"
)

// Node is one run of a shard process.
type Node struct {
	cfg           Config
	logger        *slog.Logger
	incarnation   string
	keys          atomic.Pointer[auth.Keys]
	identity      *identity.Verifier // nil: no issuer is trusted
	certs         *certs.Source      // nil: clients connect without TLS
	redis         *redis.Client
	log           *journal.Redis
	registry      *registry.Registry
	server        *server.Server
	hops          *http.Transport // of REST, to other shards
	host          *host.Host
	monitor       *monitor.Monitor
	tracer        *trace.Tracer // nil: nothing is traced
	metrics       *prometheus.Registry
	serverMetrics *server.Metrics
	pulse         pulse
	drain         drain
}

// drain is why a shard takes nothing new.
type drain struct {
	mu      sync.Mutex
	leaving bool // the process was asked to end
	marked  bool // the operator wants it empty
}

// closePaced is over how long a leaving shard closes the clients that stayed.
const closePaced = 2 * time.Second

// lastSpans is how long a shard that ends waits for its traces to be exported.
const lastSpans = 2 * time.Second

// New builds a node from a valid config. Nothing runs yet and nothing was
// dialled.
func New(cfg Config, logger *slog.Logger) (*Node, error) {
	n := &Node{cfg: cfg, logger: logger, metrics: prometheus.NewRegistry()}
	n.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var err error
	if n.incarnation, err = newIncarnation(); err != nil {
		return nil, err
	}
	if err := n.loadCredentials(); err != nil {
		return nil, err
	}
	metrics := server.NewMetrics(n.metrics)
	n.serverMetrics = metrics
	if err := n.connect(metrics); err != nil {
		return nil, err
	}
	if cfg.TraceEndpoint != "" {
		if n.tracer, err = trace.New(trace.Config{
			Endpoint: cfg.TraceEndpoint, PerMillion: cfg.TracePerMillion,
			Pool: cfg.Pool, Shard: cfg.Shard, Version: cfg.Version, Logger: logger,
		}); err != nil {
			return nil, err
		}
	}
	n.pulse.init()
	n.hops = rest.NewTransport(n.peerTLS())
	n.server = server.New(server.Config{
		Shard: cfg.Shard, Keys: n.keys.Load, Sessions: lateSessions{n}, Directory: directory{n}, Tickets: n.registry,
		Logger: logger, Metrics: metrics, MaxSockets: cfg.MaxSockets, Origins: cfg.Origins, AnyOrigin: cfg.AnyOrigin, Identity: n.callers(), PeerTLS: n.peerTLS(),
		Limits: n.limits(), Tracer: n.tracer,
		REST: rest.New(rest.Config{
			Shard: cfg.Shard, Keys: n.keys.Load, Sessions: lateSessions{n}, Directory: directory{n}, Journal: n.log,
			Logger: logger, Observer: metrics, Identity: n.callers(),
			Updates:   limit.NewShared(n.redis, cfg.KeyPrefix, "state_updates", cfg.UpdateLimit),
			Joins:     limit.NewShared(n.redis, cfg.KeyPrefix, "joins", cfg.JoinLimit),
			Transport: n.hops, TrustedProxies: cfg.TrustedProxies,
		}),
	})
	n.host = host.New(host.Config{
		Pool: cfg.Pool, Shard: cfg.Shard, Incarnation: n.incarnation, Capacity: cfg.Capacity,
		Session: session.Config{
			Log: n.log, Shard: cfg.Shard, Logger: logger, Observer: metrics, Now: failpoint.Now,
			Tracer: n.tracer, ThawAfter: cfg.ThawAfter, Actions: cfg.ActionLimit, SnapshotEvery: cfg.SnapshotEvery,
		},
		Registry: n.registry, Teller: n.registry, Peers: server.NewPeers(n.server), Logger: logger,
		Changed: n.pulse.hurry,
	})
	n.monitor = monitor.New(monitor.Config{
		Sessions: n.doubtful, Log: n.log, Observer: metrics, Logger: logger, Every: cfg.CheckEvery,
	})
	return n, nil
}

func newIncarnation() (string, error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", fmt.Errorf("naming this run: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}

// redisBuffer is what a connection of the registry's reads into, and writes from.
const redisBuffer = 8 << 10

// connect makes the clients of Redis.
func (n *Node) connect(metrics *server.Metrics) error {
	opt, err := n.cfg.redis().Options()
	if err != nil {
		return fmt.Errorf("reaching redis: %w", err)
	}
	keys, err := journal.NewKeys(n.cfg.KeyPrefix)
	if err != nil {
		return err
	}
	n.log, err = journal.NewRedis(opt, journal.Config{Keys: keys, Replicas: n.cfg.Replicas, Observer: metrics.Journal()})
	if err != nil {
		return err
	}
	opt.MaxRetries = -1
	opt.DialerRetries = 1
	opt.ContextTimeoutEnabled = true
	// What goes over these connections is small, and there may be many of them.
	opt.PipelinePoolSize, opt.ReadBufferSize, opt.WriteBufferSize = -1, redisBuffer, redisBuffer
	n.redis = redis.NewClient(opt)
	n.registry = registry.New(n.redis, keys)
	return nil
}

// Run serves until ctx ends, then drains: it takes nothing new, waits until its
// sessions have been moved, relays the clients that stay for a while, closes
// them and returns. When force ends it stops at once; what was acknowledged is
// in the journal.
func (n *Node) Run(ctx, force context.Context) error {
	err := n.serve(ctx, force)
	n.closeTracer()
	return errors.Join(err, n.log.Close(), n.redis.Close())
}

// closeTracer exports the last spans. A collector that is away is no failure of the
// shard, and keeps it for a moment only.
func (n *Node) closeTracer() {
	ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
	defer cancel()
	if err := n.tracer.Close(ctx); err != nil {
		n.logger.Warn("exporting the last spans", "error", err)
	}
}

func (n *Node) serve(ctx, force context.Context) error {
	public, err := n.listen()
	if err != nil {
		return fmt.Errorf("listening for clients: %w", err)
	}
	ops, err := net.Listen("tcp", n.cfg.OpsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("listening for probes: %w", err), public.Close())
	}
	n.logger.Info("serving", "shard", n.cfg.Shard, "incarnation", n.incarnation,
		"clients", public.Addr().String(), "ops", ops.Addr().String(), "version", n.cfg.Version)

	life, end := context.WithCancel(force)
	defer end()
	var parts sync.WaitGroup
	failed := make(chan error, 2)
	serve := func(what string, l net.Listener, h http.Handler) *http.Server {
		s := server.NewHTTPServer(h)
		parts.Go(func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving %s: %w", what, err)
			}
		})
		return s
	}
	clients := serve("clients", public, n.server.Handler())
	probes := serve("probes", ops, server.OpsHandler(n.metrics, n.readiness, n.monitor.Evidence))
	parts.Go(func() { n.host.Run(life) })
	parts.Go(func() { n.beat(life) })
	parts.Go(func() { n.watchCredentials(life) })
	if n.identity != nil {
		parts.Go(func() { n.identity.Run(life) })
	}
	parts.Go(func() { n.watchDrain(life) })
	parts.Go(func() { n.monitor.Run(life) })

	select {
	case err = <-failed:
	case <-ctx.Done():
		n.leave(life)
	case <-force.Done():
	}
	end()
	err = errors.Join(err, clients.Close(), probes.Close())
	parts.Wait()
	n.hops.CloseIdleConnections()
	return err
}

// leave is the drain of a shard whose process was asked to end.
func (n *Node) leave(ctx context.Context) {
	n.setDraining(func(d *drain) { d.leaving = true })
	begun := time.Now()
	n.logger.Info("leaving: waiting for sessions to be moved", "deadline", n.cfg.DrainDeadline)
	moved := n.await(ctx, n.cfg.DrainDeadline, func() bool {
		live, coming := n.host.Sessions()
		return live+coming == 0
	})
	live, _ := n.host.Sessions()
	n.logger.Info("leaving: relaying clients that stay", "all_moved", moved, "left_behind", live,
		"took", time.Since(begun), "clients", n.server.Sockets(), "grace", n.cfg.RelayGrace)
	n.await(ctx, n.cfg.RelayGrace, func() bool { return n.server.Sockets() == 0 })
	closing, cancel := context.WithTimeout(ctx, 2*closePaced)
	defer cancel()
	n.logger.Info("leaving: closing clients", "clients", n.server.Sockets())
	n.server.CloseAll(closing, closePaced)
}

// await polls until done holds, and says whether it did within the limit.
func (n *Node) await(ctx context.Context, limit time.Duration, done func() bool) bool {
	deadline := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// setDraining changes why the shard takes nothing new, and whether it does.
func (n *Node) setDraining(change func(*drain)) {
	n.drain.mu.Lock()
	defer n.drain.mu.Unlock()
	change(&n.drain)
	on := n.drain.leaving || n.drain.marked
	n.host.SetDraining(on)
	n.server.SetDraining(on)
}

// doubtful are the sessions that the monitor checks.
func (n *Node) doubtful() []monitor.Session {
	live := n.host.Live()
	list := make([]monitor.Session, len(live))
	for i, s := range live {
		list[i] = s
	}
	return list
}

// lateSessions breaks the circle of server and host: it is used only after both
// are there.
type lateSessions struct{ n *Node }

func (l lateSessions) Session(id string) (*session.Session, bool) { return l.n.host.Session(id) }

func (l lateSessions) Await(ctx context.Context, id string) (*session.Session, error) {
	return l.n.host.Await(ctx, id)
}

func (l lateSessions) AwaitStandby(ctx context.Context, id string, epoch uint64) error {
	return l.n.host.AwaitStandby(ctx, id, epoch)
}
