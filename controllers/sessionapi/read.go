// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/resources"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/wire"
)

// summary is a session as its creator and its members see it here.
type summary struct {
	SessionID string `json:"session_id"`
	Name      string `json:"name"`
	Title     string `json:"title"`
	Pool      string `json:"pool"`
	Lifecycle string `json:"lifecycle"`
	// Placed says that a shard owns it: it can be joined.
	Placed bool `json:"placed"`
	// Reason is why it is not ready, in one word.
	Reason  string `json:"reason,omitempty"`
	Players int    `json:"players_connected"`
	Created int64  `json:"created"`
}

// createdSession is the answer to a creation.
type createdSession struct {
	summary
	// Role and token are the caller's, if it is on the roster.
	Role            string `json:"role,omitempty"`
	ConnectionToken string `json:"connection_token,omitempty"`
	ExpiresAt       int64  `json:"expires_at,omitempty"`
	WebSocketURL    string `json:"websocket_url"`
}

// page is a part of the list of sessions.
type page struct {
	Sessions []summary `json:"sessions"`
	// Next is where the next page begins; absent from the last one.
	Next string `json:"next,omitempty"`
}

// tokenFor is how long the token of a creation is good.
const tokenFor = 8 * time.Hour

func summarise(gs *v1alpha1.GameSession) summary {
	out := summary{
		SessionID: string(gs.UID), Name: gs.Name, Title: gs.Spec.Title, Pool: gs.Spec.PoolName, Lifecycle: string(gs.Spec.Lifecycle),
		Placed: placed(gs), Players: len(gs.Status.Players), Created: gs.CreationTimestamp.UnixMilli(),
	}
	if ready := meta.FindStatusCondition(gs.Status.Conditions, v1alpha1.SessionReady); ready != nil && ready.Status != "True" {
		out.Reason = ready.Reason
	}
	return out
}

// roleOf is the caller's role, empty if it has none.
func roleOf(gs *v1alpha1.GameSession, who identity.Identity) auth.Role {
	switch player := v1alpha1.PlayerID(who.Player); {
	case slices.Contains(gs.Spec.GameMasters, player):
		return auth.GameMaster
	case slices.Contains(gs.Spec.Players, player):
		return auth.Player
	}
	return ""
}

// mayKnow says whether a caller may know of a session.
func mayKnow(gs *v1alpha1.GameSession, who identity.Identity) bool {
	return gs.Annotations[AnnotationCreator] == who.Player || roleOf(gs, who) != ""
}

// created is the answer for a session. It is the same, token included, however
// often it is given, until that token has expired.
func (s *Server) created(ctx context.Context, gs *v1alpha1.GameSession, who identity.Identity) (*reply, *httpapi.Problem) {
	pool, problem := s.pool(ctx, gs.Spec.PoolName)
	if problem != nil {
		return nil, problem
	}
	out := createdSession{summary: summarise(gs), WebSocketURL: resources.Endpoint(pool) + sessionsPath + "/" + string(gs.UID) + "/ws"}
	if role := roleOf(gs, who); role != "" {
		token, expires, problem := s.token(ctx, gs, pool, who, role)
		if problem != nil {
			return nil, problem
		}
		out.Role, out.ConnectionToken, out.ExpiresAt = string(role), token, expires
	}
	status := http.StatusCreated
	if !out.Placed {
		status = http.StatusAccepted
	}
	return &reply{status: status, location: sessionsPath + "/" + string(gs.UID), body: out}, nil
}

func (s *Server) token(ctx context.Context, gs *v1alpha1.GameSession, pool *v1alpha1.ShardPool, who identity.Identity, role auth.Role) (string, int64, *httpapi.Problem) {
	var secret corev1.Secret
	if err := s.Reader.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: pool.Spec.SigningKeySecretRef.Name}, &secret); err != nil {
		return "", 0, s.trouble("reading signing keys", err)
	}
	keys, err := auth.NewKeys(secret.Data)
	if err != nil {
		return "", 0, s.trouble("reading signing keys", err)
	}
	issued := gs.CreationTimestamp.Time
	if s.now().Sub(issued) >= tokenFor {
		issued = s.now()
	}
	claims := auth.Claims{
		Session: string(gs.UID), Player: who.Player, Role: role, Class: who.Class,
		IssuedAt: issued.Unix(), Expires: issued.Add(tokenFor).Unix(),
	}
	token, err := keys.Sign(claims)
	if err != nil {
		return "", 0, s.trouble("signing a session token", err)
	}
	return token, claims.Expires * 1000, nil
}

// get finds one session by its id.
func (s *Server) get(_ http.ResponseWriter, r *http.Request, who identity.Identity) (*reply, *httpapi.Problem) {
	all, problem := s.sessions(r.Context())
	if problem != nil {
		return nil, problem
	}
	for i := range all {
		if string(all[i].UID) == r.PathValue("id") && mayKnow(&all[i], who) {
			return &reply{status: http.StatusOK, body: summarise(&all[i])}, nil
		}
	}
	return nil, &httpapi.Problem{Code: wire.CodeNotFound, Message: "there is no such session that you may know of"}
}

const maxPage = 100

// list returns the sessions that the caller may know of, a page at a time.
func (s *Server) list(_ http.ResponseWriter, r *http.Request, who identity.Identity) (*reply, *httpapi.Problem) {
	for name, values := range r.URL.Query() {
		if name != "after" && name != "limit" || len(values) > 1 {
			return nil, &httpapi.Problem{Code: wire.CodeBadRequest, Message: "the query: after and limit, once each, and nothing else"}
		}
	}
	most, after := maxPage, r.URL.Query().Get("after")
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return nil, &httpapi.Problem{Code: wire.CodeBadRequest, Message: "the query: limit must be from 1 to " + strconv.Itoa(maxPage)}
		}
		most = n
	}
	all, problem := s.sessions(r.Context())
	if problem != nil {
		return nil, problem
	}
	slices.SortFunc(all, func(a, b v1alpha1.GameSession) int { return cmp.Compare(a.Name, b.Name) })
	out := page{Sessions: []summary{}}
	for i := range all {
		if strings.Compare(all[i].Name, after) <= 0 || !mayKnow(&all[i], who) {
			continue
		}
		if len(out.Sessions) == most {
			out.Next = out.Sessions[most-1].Name
			break
		}
		out.Sessions = append(out.Sessions, summarise(&all[i]))
	}
	return &reply{status: http.StatusOK, body: out}, nil
}

// sessions are all of the namespace, shared with the cache: only to be read.
func (s *Server) sessions(ctx context.Context) ([]v1alpha1.GameSession, *httpapi.Problem) {
	var list v1alpha1.GameSessionList
	if err := s.Client.List(ctx, &list, client.InNamespace(s.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, s.trouble("listing sessions", err)
	}
	return list.Items, nil
}
