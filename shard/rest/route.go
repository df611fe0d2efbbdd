// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

const (
	// patience is how long a request waits for an owner that can carry it out;
	// hopFor is how long one that another shard passed on does, so that its
	// answer is heard.
	patience = 3 * time.Second
	hopFor   = 2 * time.Second
	// exportFor bounds an export.
	exportFor  = 30 * time.Second
	retryFirst = 5 * time.Millisecond
	retryMost  = 200 * time.Millisecond
)

// carryOut has the session's owner do what is asked, wherever it lives, and
// answers. While nothing has been done, and there is no owner that can, it tries
// again. It has answered, with code, when there is no problem.
func (h *Handler) carryOut(w http.ResponseWriter, r *http.Request, c *call, act action) (code string, problem *httpapi.Problem) {
	ctx, cancel := context.WithTimeout(r.Context(), c.patience())
	defer cancel()
	var found error // by the last attempt that had the time for it
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		code, err := h.attempt(ctx, w, r, c, act)
		if err == nil {
			return code, nil
		}
		if found == nil || ctx.Err() == nil || !errors.Is(err, storeAway) {
			found = err
		}
		if problem := c.problem(found); problem != nil {
			return "", problem
		}
		select {
		case <-time.After(wait):
			continue
		case <-ctx.Done():
		}
		code = wire.CodeNoOwner
		if c.peer {
			code = wire.CodeNotOwner
		}
		h.Logger.Info("a request found no owner", "session", c.id, "operation", c.op.id, "reason", found.Error())
		return "", &httpapi.Problem{Code: code, Message: "the session has no live owner at the moment; nothing was done, try again"}
	}
}

func (c *call) patience() time.Duration {
	switch {
	case c.op.slow:
		return exportFor
	case c.peer:
		return hopFor
	}
	return patience
}

// attempt carries a call out here, or passes it on.
func (h *Handler) attempt(ctx context.Context, w http.ResponseWriter, r *http.Request, c *call, act action) (code string, err error) {
	s, here := h.Sessions.Session(c.id)
	if !here && c.peer {
		if s, err = h.Sessions.Await(ctx, c.id); err != nil {
			return "", &httpapi.Problem{Code: wire.CodeNotOwner, Message: "the session is not here"}
		}
		here = true
	}
	if !here {
		owner, err := h.Directory.Owner(ctx, c.id)
		switch {
		case errors.Is(err, journal.ErrNoOwner), errors.Is(err, journal.ErrInvalid):
			return "", noSession
		case err != nil:
			return "", storeAway
		case owner.Shard != h.Shard:
			return h.passOn(ctx, w, r, c, owner.Shard)
		}
		// Taken over a moment ago, or owned by an earlier run of this shard.
		if s, err = h.Sessions.Await(ctx, c.id); err != nil {
			return "", fmt.Errorf("%w: %w", errNotHere, err)
		}
	}
	answer, err := act(ctx, s)
	if err != nil {
		return "", err
	}
	answer.write(w)
	return codeOK, nil
}

var (
	errNotHere = errors.New("the session is not here")
	storeAway  = &httpapi.Problem{Code: wire.CodeUnavailable, Message: "the store cannot be reached; try again"}
	noSession  = &httpapi.Problem{Code: wire.CodeNotFound, Message: "there is no such session that you may know of, or it has not started yet"}
)

// passOn asks the owner, and answers with what it says. An error that is no
// problem means that nothing was done.
func (h *Handler) passOn(ctx context.Context, w http.ResponseWriter, r *http.Request, c *call, owner string) (code string, err error) {
	req, err := h.hop(ctx, r, c, owner)
	if err != nil {
		return "", err
	}
	h.Observer.PassedOn()
	resp, err := h.Transport.RoundTrip(req)
	if err != nil {
		if _, unreached := errors.AsType[*dialError](err); unreached || c.op.method == http.MethodGet {
			return "", fmt.Errorf("asking shard %s: %w", owner, err)
		}
		return "", unknownOutcome
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusMisdirectedRequest {
		return "", fmt.Errorf("asking shard %s: %w", owner, errNotHere)
	}
	for _, name := range []string{"Content-Type", "Content-Disposition", "Retry-After", "WWW-Authenticate"} {
		if value := resp.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		panic(http.ErrAbortHandler) // the client sees that something is missing
	}
	return codePassedOn, nil
}

var unknownOutcome = &httpapi.Problem{Code: wire.CodeUnknownOutcome, Message: "nobody can tell yet whether it was done; read the state, then decide"}

// hop is the request to the owner: what the client said, and who says so.
func (h *Handler) hop(ctx context.Context, r *http.Request, c *call, owner string) (*http.Request, error) {
	address, err := h.Directory.Address(ctx, owner)
	if err != nil {
		return nil, fmt.Errorf("finding shard %s: %w", owner, err)
	}
	token, err := h.Keys().SignPeer(c.id, h.Shard, h.now())
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, address+r.URL.RequestURI(), bytes.NewReader(c.body)) //nolint:gosec // the address is a shard's, by its heartbeat
	if err != nil {
		return nil, fmt.Errorf("asking shard %s: %w", owner, err)
	}
	for _, name := range []string{"Authorization", wire.TokenHeader, "Content-Type"} {
		if values := r.Header.Values(name); len(values) > 0 {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	req.Header.Set(auth.PeerHeader, token)
	req.Header.Set(baseHeader, c.base)
	return req, nil
}

// dialError says that a shard was not reached: it has done nothing.
type dialError struct{ error }

// Unwrap returns why.
func (e *dialError) Unwrap() error { return e.error }

// NewTransport returns what carries requests between shards; with peerTLS also to
// https addresses. Shards reach each other directly, whatever proxy the
// environment names.
func NewTransport(peerTLS func() *tls.Config) *http.Transport {
	dialer := &net.Dialer{Timeout: time.Second}
	reached := func(c net.Conn, err error) (net.Conn, error) {
		if err != nil {
			return nil, &dialError{err}
		}
		return c, nil
	}
	t := &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 10 * time.Second, DisableCompression: true}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return reached(dialer.DialContext(ctx, network, address))
	}
	if peerTLS != nil {
		t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			d := tls.Dialer{NetDialer: dialer, Config: peerTLS()}
			return reached(d.DialContext(ctx, network, address))
		}
	}
	return t
}
