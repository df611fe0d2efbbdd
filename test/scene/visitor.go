// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
)

// Visitor comes to sessions anew, as a spectator. Once made it needs no API
// server.
type Visitor struct {
	url      string
	sessions []string
	keys     *auth.Keys
	closer   io.Closer
}

// Visitor knows the sessions there are now.
func (s *Scene) Visitor(ctx context.Context) (*Visitor, error) {
	keys, err := auth.LoadKeys(s.keys())
	if err != nil {
		return nil, err
	}
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	address, closer, err := s.reach(ctx, Pool, "8080")
	if err != nil {
		return nil, err
	}
	v := &Visitor{url: "http://" + address, keys: keys, closer: closer}
	for _, gs := range sessions {
		v.sessions = append(v.sessions, string(gs.UID))
	}
	return v, nil
}

// Close ends the way to the front door.
func (v *Visitor) Close() error { return v.closer.Close() }

// Visit connects to every session, one after the other, and leaves when it sees
// what is played.
func (v *Visitor) Visit(ctx context.Context) error {
	for _, id := range v.sessions {
		if err := v.visit(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (v *Visitor) visit(ctx context.Context, session string) error {
	now := time.Now()
	token, err := v.keys.Sign(auth.Claims{
		Session: session, Player: "visitor", Role: auth.Spectator,
		IssuedAt: now.Unix(), Expires: now.Add(time.Minute).Unix(),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{URL: v.url, Session: session, Token: token})
	if err != nil {
		return err
	}
	c.Close()
	return nil
}

// opsPort is where a shard serves its probes and metrics.
const opsPort = "9090"

// Metric reads the sum of a counter of a pod from its metrics.
func Metric(ctx context.Context, pod *corev1.Pod, name string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+pod.Status.PodIP+":"+opsPort+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("reading metrics: %w", err)
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy
	resp, err := direct.Do(req)
	if err != nil {
		return 0, fmt.Errorf("reading metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return 0, fmt.Errorf("reading metrics: %w", err)
	}
	return sum(string(body), name)
}

// sum adds the samples of a metric in the text format.
func sum(text, name string) (float64, error) {
	total := 0.0
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || (rest[0] != ' ' && rest[0] != '{') {
			continue
		}
		fields := strings.Fields(rest[strings.LastIndexByte(rest, '}')+1:])
		if len(fields) == 0 {
			return 0, fmt.Errorf("metric %s: no value in %q", name, line)
		}
		v, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		total += v
	}
	return total, nil
}
