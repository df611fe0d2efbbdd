// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gamesession.dev/operator/shard/monitor"
)

func noEvidence() []*monitor.Evidence { return []*monitor.Evidence{} }

func TestProbes(t *testing.T) {
	tests := map[string]struct {
		path   string
		checks Readiness
		status int
		want   string
	}{
		"alive":              {"/livez", nil, 200, `{"status":"alive"}`},
		"alive, but nothing": {"/livez", Readiness{"redis": "cannot be reached"}, 200, `{"status":"alive"}`},
		"ready":              {"/readyz", Readiness{"redis": "", "draining": ""}, 200, `{"status":"ready","checks":{"redis":"","draining":""}}`},
		"no redis":           {"/readyz", Readiness{"redis": "cannot be reached"}, 503, `{"status":"not ready","checks":{"redis":"cannot be reached"}}`},
		"no mismatches":      {"/mismatches", nil, 200, `{"mismatches":[]}`},
		"two reasons":        {"/readyz", Readiness{"redis": "away", "draining": "moving"}, 503, `{"status":"not ready","checks":{"redis":"away","draining":"moving"}}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h := OpsHandler(prometheus.NewRegistry(), func() Readiness { return tc.checks }, noEvidence)
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tc.path, nil))
			var got, want any
			check(t, json.Unmarshal(w.Body.Bytes(), &got))
			check(t, json.Unmarshal([]byte(tc.want), &want))
			if diff := cmp.Diff(want, got); w.Code != tc.status || diff != "" {
				t.Errorf("status %d, want %d; body (-want +got):\n%s", w.Code, tc.status, diff)
			}
		})
	}
}
