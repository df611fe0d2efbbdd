// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// Sessions are the sessions of this shard.
type Sessions interface {
	// Session returns a session that lives here.
	Session(id string) (*session.Session, bool)
	// Await is Session that waits for one that is on its way here.
	Await(ctx context.Context, id string) (*session.Session, error)
}

// Directory finds the other shards.
type Directory interface {
	// Owner reads which shard owns a session.
	Owner(ctx context.Context, id string) (journal.Owner, error)
	// Address returns where a shard listens, as http://host:port or https://….
	Address(ctx context.Context, shard string) (string, error)
}

// Loader reads journals.
type Loader interface {
	Load(ctx context.Context, id string) (*journal.Loaded, error)
}

// Counter counts for sessions.
type Counter interface {
	// Take takes one, or returns how long to wait.
	Take(ctx context.Context, subject string) (wait time.Duration, err error)
}

// Config is what the interface needs. All fields but Identity and TrustedProxies
// are required.
type Config struct {
	Shard     string
	Keys      func() *auth.Keys
	Sessions  Sessions
	Directory Directory
	Journal   Loader
	Logger    *slog.Logger
	Observer  Observer
	// Identity checks who callers say to be; nil when no issuer is trusted.
	Identity httpapi.Verifier
	// Updates and Joins bound what is changed in, and who joins, one session,
	// through all shards together.
	Updates, Joins Counter
	// Transport carries requests to other shards.
	Transport http.RoundTripper
	// TrustedProxies are believed when they say by which scheme they were asked.
	TrustedProxies []netip.Prefix
}

const (
	// tokenFor is how long the session token of a join is good: for a long
	// evening. Kicks and bans do not wait for it.
	tokenFor = 8 * time.Hour
	// maxAtOnce bounds the requests that a shard works at, and maxExports those
	// of them that read a whole journal.
	maxAtOnce  = 256
	maxExports = 1
	// readTimeout and writeTimeout are for clients that take their time.
	readTimeout  = 10 * time.Second
	writeTimeout = time.Minute
)

// Handler serves the interface. It is safe for concurrent use.
type Handler struct {
	Config
	routes  *http.ServeMux
	atOnce  chan struct{}
	exports chan struct{}
	now     func() time.Time
}

// New returns a handler for what is below /api/v2/, and /openapi.json.
func New(cfg Config) *Handler {
	h := &Handler{
		Config: cfg, routes: http.NewServeMux(), now: time.Now,
		atOnce: make(chan struct{}, maxAtOnce), exports: make(chan struct{}, maxExports),
	}
	byPath := map[string][]operation{}
	for _, op := range operations {
		byPath[op.path] = append(byPath[op.path], op)
	}
	for path, ops := range byPath {
		h.routes.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			for _, op := range ops {
				if op.method == r.Method || op.method == http.MethodGet && r.Method == http.MethodHead {
					h.serve(w, r, op)
					return
				}
			}
			w.Header().Set("Allow", allowed(ops))
			(&httpapi.Problem{Code: wire.CodeWrongMethod, Message: "this is done by " + allowed(ops)}).Write(w)
		})
	}
	h.routes.HandleFunc("GET /openapi.json", httpapi.ServeDocument(document))
	h.routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		(&httpapi.Problem{Code: wire.CodeNotFound, Message: "there is nothing here; /openapi.json says what there is"}).Write(w)
	})
	return h
}

func allowed(ops []operation) string {
	methods := make([]string, len(ops))
	for i, op := range ops {
		methods[i] = op.method
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.routes.ServeHTTP(w, r) }

// serve answers one request, within all bounds.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, op operation) {
	begun := time.Now()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(begun.Add(readTimeout)) // a writer without deadlines is a test's
	_ = control.SetWriteDeadline(begun.Add(writeTimeout))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	code := wire.CodeBusy
	select {
	case h.atOnce <- struct{}{}:
		defer func() { <-h.atOnce }()
		code = h.answer(w, r, op)
	default:
		(&httpapi.Problem{Code: wire.CodeBusy, Message: "too many requests at once"}).Write(w)
	}
	if code != codePassedOn {
		h.Observer.Answered(op.id, code, time.Since(begun))
	}
}

// answer checks a request, carries it out and answers. It returns the code of the
// answer; one that another shard gives is counted there.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, op operation) string {
	c, problem := h.newCall(w, r, op)
	var act action
	if problem == nil {
		act, problem = op.prepare(c)
	}
	code := codeOK
	if problem == nil {
		code, problem = h.carryOut(w, r, c, act)
	}
	if problem == nil {
		return code
	}
	problem.Write(w)
	return problem.Code
}
