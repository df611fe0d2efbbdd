// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"log"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/monitor"
)

// Readiness says whether a shard wants new clients: each check by name with why
// it does not hold, empty if it does.
type Readiness map[string]string

// Ready says whether every check holds.
func (r Readiness) Ready() bool {
	for _, why := range r {
		if why != "" {
			return false
		}
	}
	return true
}

// OpsHandler routes the shard's operations port: probes, metrics and the evidence
// of mismatches. /livez says
// that the process works, which a store that is away does not change; /readyz
// says whether it wants new clients, and if not why.
func OpsHandler(gatherer prometheus.Gatherer, readiness func() Readiness, evidence func() []*monitor.Evidence) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		httpapi.WriteJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		checks := readiness()
		status, word := http.StatusOK, "ready"
		if !checks.Ready() {
			status, word = http.StatusServiceUnavailable, "not ready"
		}
		httpapi.WriteJSON(w, status, map[string]any{"status": word, "checks": checks})
	})
	mux.HandleFunc("GET /mismatches", func(w http.ResponseWriter, _ *http.Request) {
		httpapi.WriteJSON(w, http.StatusOK, map[string]any{"mismatches": evidence()})
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}))
	return httpapi.Guard(mux)
}

// NewHTTPServer returns a server for one of a shard's ports. A client that takes
// its time over its request is not waited for.
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		// What net/http would print says nothing but that a stranger erred.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}
