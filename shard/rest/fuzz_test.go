// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// nothing is a pool without sessions.
type nothing struct{}

func (nothing) Session(string) (*session.Session, bool) { return nil, false }
func (nothing) Await(context.Context, string) (*session.Session, error) {
	return nil, errNotHere
}
func (nothing) Owner(context.Context, string) (journal.Owner, error) {
	return journal.Owner{}, journal.ErrNoOwner
}
func (nothing) Address(context.Context, string) (string, error)       { return "", errNotHere }
func (nothing) Load(context.Context, string) (*journal.Loaded, error) { return nil, journal.ErrNoOwner }
func (nothing) Verify(string) (identity.Identity, error) {
	return identity.Identity{Player: "ann"}, nil
}

// FuzzRequests: whatever a request says, of whichever operation, the answer has the
// one body of every error, with the status of its code.
func FuzzRequests(f *testing.F) {
	keys, err := auth.NewKeys(map[string][]byte{"k1": []byte(strings.Repeat("k", auth.MinKeyBytes))})
	if err != nil {
		f.Fatal(err)
	}
	none := nothing{}
	h := New(Config{
		Shard: "a", Keys: func() *auth.Keys { return keys }, Sessions: none, Directory: none, Journal: none,
		Logger: slog.New(slog.DiscardHandler), Observer: deaf{}, Identity: none,
	})
	for i, op := range operations {
		f.Add(uint8(i), "", "application/json", bodies[op.id])
	}
	f.Add(uint8(1), "paths=/combat,/creatures", "", "")
	f.Add(uint8(3), "after=18446744073709551616&limit=-1", "", "")
	f.Add(uint8(2), "%zz", "application/json; charset=utf-8", `{"version":1,"changes":[{"path":"/a","value":{"b":[1e400]}}]}`)
	f.Add(uint8(7), "token=x", "text/plain", `{"role":"\ud800"}`)
	f.Fuzz(func(t *testing.T, which uint8, query, kind, body string) {
		op := operations[int(which)%len(operations)]
		r := httptest.NewRequest(op.method, strings.Replace(op.path, "{id}", testSession, 1), strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer x")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var got wire.ErrorBody
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Message == "" || w.Code < 400 || wire.FaultOf(got.Code).Status != w.Code || got.Code == wire.CodeInternal {
			t.Errorf("%s %s?%q %q: %d %s", op.method, op.path, query, body, w.Code, w.Body)
		}
		if w.Code == http.StatusNotFound && len(body) > wire.MaxBodyBytes && op.method == http.MethodPost {
			t.Errorf("a body of %d bytes is taken", len(body))
		}
	})
}

type deaf struct{}

func (deaf) Answered(string, string, time.Duration) {}
func (deaf) PassedOn()                              {}
func (deaf) Limited(string)                         {}
