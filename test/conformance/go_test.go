// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/wire"
)

// TestGoClient holds shard/client to every script.
func TestGoClient(t *testing.T) {
	scripts, err := Load("scripts")
	check(t, err)
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Run(t, script, func(*testing.T) Client { return newGoClient() })
		})
	}
}

// goClient is shard/client as the scripts see it.
type goClient struct {
	ready   chan struct{} // closed when dialled
	client  *client.Client
	err     error // of the dial
	cancel  context.CancelFunc
	answers map[string]chan answered
}

type answered struct {
	answer client.Answer
	err    error
}

func newGoClient() *goClient {
	return &goClient{ready: make(chan struct{}), answers: map[string]chan answered{}}
}

func (g *goClient) Start(url, session, token string, behave Script) error {
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel = cancel
	options := client.Options{
		URL: url, Session: session, Token: token, FollowMoves: behave.Follow, PreConnect: behave.Preconnect,
		AnswerTimeout: time.Duration(behave.AnswerTimeoutMillis) * time.Millisecond,
	}
	if behave.Tickets {
		options.Credentials = client.Tickets{URL: url, Session: session, Authorize: func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+identity)
			return nil
		}}
	}
	go func() {
		defer close(g.ready)
		g.client, g.err = client.Dial(ctx, options)
	}()
	return nil
}

func (g *goClient) Do(name string, action json.RawMessage) error {
	came := make(chan answered, 1)
	g.answers[name] = came
	<-g.ready
	if g.err != nil {
		return g.err
	}
	taken := make(chan struct{})
	go func() {
		close(taken)
		a, err := g.client.Do(context.Background(), action)
		came <- answered{a, err}
	}()
	<-taken
	return nil
}

func (g *goClient) Answer(ctx context.Context, name string) (json.RawMessage, error) {
	select {
	case a := <-g.answers[name]:
		if a.err != nil {
			return nil, a.err
		}
		if r := a.answer.Refusal; r != nil {
			return json.Marshal(map[string]any{"code": r.Code})
		}
		return json.Marshal(map[string]any{"epoch": a.answer.Position.Epoch, "version": a.answer.Position.Version, "repeated": a.answer.Repeated})
	case <-ctx.Done():
		return nil, errors.New("no answer")
	}
}

func (g *goClient) Say(frame json.RawMessage) error {
	f, err := wire.DecodeFrame(frame)
	if err != nil {
		return err
	}
	<-g.ready
	if g.err != nil {
		return g.err
	}
	return g.client.Say(f.Type, f.Data)
}

func (g *goClient) View(ctx context.Context) (map[string]json.RawMessage, error) {
	select {
	case <-g.ready:
	case <-ctx.Done():
		return nil, errors.New("it never came to have a view")
	}
	if g.err != nil {
		return nil, g.err
	}
	var leaves map[string]json.RawMessage
	g.client.View(func(d *wire.Document) { leaves = d.Leaves() })
	return leaves, nil
}

func (g *goClient) Ended(ctx context.Context) (bool, error) {
	<-g.ready
	err := g.err
	if err == nil {
		select {
		case <-g.client.Done():
			err = g.client.Err()
		case <-ctx.Done():
			return false, errors.New("it goes on")
		}
	}
	if h, is := errors.AsType[*client.HandshakeError](err); is {
		return h.Status == 401, nil
	}
	if t, is := errors.AsType[*client.TicketError](err); is {
		return t.Status == 401, nil
	}
	if c, is := errors.AsType[*websocket.CloseError](err); is {
		return wire.AfterClose(c.Code) == wire.ReturnNewToken, nil
	}
	return false, err
}

func (g *goClient) Close() {
	g.cancel()
	<-g.ready
	if g.client != nil {
		g.client.Close()
	}
}
