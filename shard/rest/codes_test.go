// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/session/sessiontest"
	"gamesession.dev/operator/shard/wire"
)

// situations bring about a code, and say who then gets it.
var situations = map[string]func(st *stage) *caller{
	wire.CodeEnded: func(st *stage) *caller {
		gm := st.shards["b"].as("gm")
		post[wire.Session](gm, at(testSession, "/end"), "")
		return gm
	},
	wire.CodeRateLimited: func(st *stage) *caller {
		for _, counter := range []Counter{st.shards["a"].Updates, st.shards["a"].Joins} {
			counter.(*bucket).set(limit.Rule{N: 1, Per: time.Hour})
		}
		gm := st.shards["b"].as("gm")
		post[wire.Changed](gm, at(testSession, "/kick"), `{"player":"ann"}`)
		post[wire.Joined](gm, at(testSession, "/join"), "")
		return gm
	},
	wire.CodeUnknownOutcome: func(st *stage) *caller {
		st.shards["b"].Transport = broken{}
		return st.shards["b"].as("gm")
	},
	wire.CodeBusy: func(st *stage) *caller {
		st.shards["a"].exports <- struct{}{}
		return st.shards["b"].as("gm")
	},
	wire.CodeFull: func(st *stage) *caller {
		s, _ := st.shards["a"].Session(testSession)
		spec := sessiontest.Duel(testSession, "ann", "bob")
		spec.MaxPlayers = 1
		s.SetSpec(spec)
		_, err := s.Attach(st.t.Context(), auth.Claims{Session: testSession, Player: "ann", Role: auth.Player}, seat{}, nil)
		check(st.t, err)
		return st.shards["b"].as("bob")
	},
	wire.CodeTooOld: func(st *stage) *caller {
		s, _ := st.shards["a"].Session(testSession)
		for version := uint64(1); ; version++ {
			value := json.RawMessage(fmt.Sprint(version%50 + 1))
			_, _, err := s.Edit(st.t.Context(), session.Caller{Player: "gm"}, session.Edit{
				Base: version, Changes: []session.LeafEdit{{Path: goblinHP, Value: value}},
			})
			check(st.t, err)
			if _, err := s.History(st.t.Context(), session.Caller{Player: "gm"}, 1, 1); err != nil {
				return st.shards["b"].as("gm")
			}
		}
	},
}

// elsewhere are the codes that other tests of this package bring about: what leads
// to them is not the same for two operations.
var elsewhere = []string{wire.CodeConflict, wire.CodeRefused, wire.CodeNotEnded}

// TestDocumentedCodes: what the document says of an operation's errors does come.
func TestDocumentedCodes(t *testing.T) {
	for _, op := range operations {
		for _, code := range codesOf()[op.id] {
			situation := situations[code]
			if situation == nil {
				if !strings.Contains(strings.Join(elsewhere, " "), code) {
					t.Errorf("%s: nothing brings %s about", op.id, code)
				}
				continue
			}
			t.Run(op.id+" "+code, func(t *testing.T) {
				st := newStage(t, "a", "b")
				st.shards["a"].create(testSession)
				path := at(testSession, strings.TrimPrefix(op.path, sessionPath))
				if op.id == "getHistory" {
					path += "?after=1"
				}
				body := bodies[op.id]
				if code == wire.CodeTooOld && op.id == "editState" {
					body = strings.Replace(body, "{", `{"mode":"rebase",`, 1)
				}
				situation(st).refused(op.method, path, body, code)
			})
		}
	}
}

// broken carries requests, and loses the answers.
type broken struct{}

func (broken) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New("the connection broke")
}

// seat is a client that takes everything.
type seat struct{}

func (seat) Deliver(session.Message) bool                { return true }
func (seat) Flush()                                      {}
func (seat) Detached(error)                              {}
func (seat) HandoffAhead(string, uint64) <-chan struct{} { return nil }
