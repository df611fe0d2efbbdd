// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/wire"
)

//go:embed openapi.yaml
var openapi []byte

var document = httpapi.MustDocument(openapi)

// Identity checks who calls, with keys that it keeps fresh.
type Identity interface {
	httpapi.Verifier
	Run(ctx context.Context)
}

// Config is what the interface needs.
type Config struct {
	// Listen is the address to serve at.
	Listen string
	// Namespace is where sessions are created, and the only one that is seen.
	Namespace string
	// Client reads through a cache; Reader does not: it reads Secrets, and what
	// was just created.
	Client   client.Client
	Reader   client.Reader
	Identity Identity
	// KeyPrefix of the installation in Redis; empty means the default.
	KeyPrefix string
	Logger    *slog.Logger
	// Wait is how long a creation waits for the session to be placed.
	Wait time.Duration
}

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	idleTimeout       = time.Minute
	maxHeaderBytes    = 16 << 10
	// maxAtOnce bounds the requests that are worked at.
	maxAtOnce = 64
	// stopTimeout bounds how long requests under way are waited for at the end.
	stopTimeout = 5 * time.Second
)

// Server serves the interface: a Runnable of the manager, on every replica. It is
// safe for concurrent use.
type Server struct {
	Config
	buckets buckets
	atOnce  chan struct{}
	now     func() time.Time
}

// New returns a server that does not listen yet.
func New(cfg Config) *Server {
	return &Server{Config: cfg, buckets: buckets{prefix: cfg.KeyPrefix}, atOnce: make(chan struct{}, maxAtOnce), now: time.Now}
}

// NeedLeaderElection says that every replica serves.
func (s *Server) NeedLeaderElection() bool { return false }

// Start serves until ctx ends.
func (s *Server) Start(ctx context.Context) error {
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listening for the session API: %w", err)
	}
	return s.Serve(ctx, listener)
}

// Serve is Start for a listener that is there.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: readTimeout + s.Wait + readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	go s.Identity.Run(ctx)
	defer s.buckets.close()
	select {
	case err := <-failed:
		return fmt.Errorf("serving the session API: %w", err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping the session API: %w", err)
	}
	return nil
}

// operation is one thing that a client can do.
type operation struct {
	id, method, path string
	do               func(s *Server, w http.ResponseWriter, r *http.Request, who identity.Identity) (*reply, *httpapi.Problem)
}

const (
	sessionsPath = "/api/v2/sessions"
	sessionPath  = sessionsPath + "/{id}"
)

// operations are all of them; the document has the same.
var operations = []operation{
	{"createSession", http.MethodPost, sessionsPath, (*Server).create},
	{"listSessions", http.MethodGet, sessionsPath, (*Server).list},
	{"getCreatedSession", http.MethodGet, sessionPath, (*Server).get},
}

// reply is an answer that is no error.
type reply struct {
	status   int
	location string
	body     any
}

// Handler routes requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, op := range operations {
		mux.HandleFunc(op.method+" "+op.path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, op) })
	}
	for path, methods := range map[string]string{sessionsPath: "GET, POST", sessionPath: "GET"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", methods)
			(&httpapi.Problem{Code: wire.CodeWrongMethod, Message: "this is done by " + methods}).Write(w)
		})
	}
	mux.HandleFunc("GET /openapi.json", httpapi.ServeDocument(document))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		(&httpapi.Problem{Code: wire.CodeNotFound, Message: "there is nothing here; /openapi.json says what there is"}).Write(w)
	})
	return httpapi.Guard(mux)
}

// serve answers one request, within all bounds.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, op operation) {
	out, problem := s.answer(w, r, op)
	code := "ok"
	if problem != nil {
		code = problem.Code
		problem.Write(w)
	} else {
		if out.location != "" {
			w.Header().Set("Location", out.location)
		}
		httpapi.WriteJSON(w, out.status, out.body)
	}
	answers.WithLabelValues(op.id, code).Inc()
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, op operation) (*reply, *httpapi.Problem) {
	select {
	case s.atOnce <- struct{}{}:
		defer func() { <-s.atOnce }()
	default:
		return nil, &httpapi.Problem{Code: wire.CodeBusy, Message: "too many requests at once"}
	}
	if httpapi.TokenInQuery(r) {
		return nil, httpapi.ErrTokenInQuery
	}
	who, problem := httpapi.Identify(r, s.Identity, s.Logger)
	switch {
	case problem != nil:
		return nil, problem
	case who == nil:
		return nil, &httpapi.Problem{Code: wire.CodeUnauthorized, Message: "a token of an issuer is needed in Authorization"}
	}
	return op.do(s, w, r, *who)
}

// trouble is for what the API server, not the caller, did wrong.
func (s *Server) trouble(what string, err error) *httpapi.Problem {
	s.Logger.Warn(what, "error", err)
	return &httpapi.Problem{Code: wire.CodeUnavailable, Message: "the cluster does not answer as it should; try again"}
}
