// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session/sessiontest"
	"gamesession.dev/operator/shard/wire"
)

// slowing is a directory that names a shard as the owner a number of times, and then
// says nothing until it is not asked any more.
type slowing struct {
	Directory
	names int
}

func (s *slowing) Owner(ctx context.Context, _ string) (journal.Owner, error) {
	if s.names--; s.names >= 0 {
		return journal.Owner{Shard: "a", Incarnation: "a-0", Epoch: 1}, nil
	}
	<-ctx.Done()
	return journal.Owner{}, ctx.Err()
}

// TestPatienceEndsInALook: a request that found no owner is told so, also when its
// time is over while the directory is asked once more.
func TestPatienceEndsInALook(t *testing.T) {
	for name, tc := range map[string]struct {
		names int
		want  string
	}{
		"the first":   {0, wire.CodeUnavailable},
		"the second":  {1, wire.CodeNoOwner},
		"a later one": {5, wire.CodeNoOwner},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := New(Config{
					Shard: "a", Sessions: sessiontest.NewShelf(t, "a", journal.NewMemory(), nil), Directory: &slowing{names: tc.names},
					Logger: slog.New(slog.DiscardHandler), Observer: deaf{}, Identity: names{},
				})
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, at(testSession, ""), nil)
				r.Header.Set("Authorization", "Bearer i-am-gm")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				var e wire.ErrorBody
				if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Code != tc.want {
					t.Errorf("%d %s, want %s", w.Code, w.Body, tc.want)
				}
			})
		})
	}
}
