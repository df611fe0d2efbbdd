// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/sessionapi"
	"gamesession.dev/operator/controllers/setup"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/envtest/kube"
	"gamesession.dev/operator/test/port"
	"gamesession.dev/operator/test/redistest"
)

// namespace is the one of the shipped role.
const namespace = "games"

var server *kube.Server

func TestMain(m *testing.M) { kube.Main(m, func(s *kube.Server) { server = s }) }

// names are tokens that name their player.
type names struct{}

func (names) Run(context.Context) {}

func (names) Verify(token string) (identity.Identity, error) {
	if player, found := strings.CutPrefix(token, "i-am-"); found {
		return identity.Identity{Issuer: "test", Player: player}, nil
	}
	return identity.Identity{}, identity.ErrSignature
}

// stage is two replicas of the API, each with a cache of its own, and whoever
// places sessions.
type stage struct {
	t        *testing.T
	wait     time.Duration // of a creation, for its placement
	replicas []string      // URLs
	keys     *auth.Keys
	schemas  *jsonschema.Compiler
	tree     any

	mu   sync.Mutex
	idle bool // nobody places sessions
}

const signingKey = "0123456789abcdef0123456789abcdef"

func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageThatWaits(t, 20*time.Second)
}

func newStageThatWaits(t *testing.T, wait time.Duration) *stage {
	t.Helper()
	st := &stage{t: t, wait: wait}
	var err error
	st.keys, err = auth.NewKeys(map[string][]byte{"k1": []byte(signingKey)})
	check(t, err)
	redis := redistest.Start(t)
	ignoreExisting(t, server.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	_, err = server.Kubectl(t.Context(), "apply", "--server-side", "--force-conflicts", "-k", "config/sessionapi")
	check(t, err)
	for name, data := range map[string]map[string]string{"redis": {"url": redis.URL()}, "keys": {"k1": signingKey}} {
		check(t, server.Client.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: data}))
	}
	check(t, server.Client.Create(t.Context(), &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "arena"},
		Spec: v1alpha1.ShardPoolSpec{
			Image: "shard", RedisSecretRef: v1alpha1.SecretKeyRef{Name: "redis"}, SigningKeySecretRef: v1alpha1.SecretRef{Name: "keys"},
			PublicURL: "wss://play.example", Limits: v1alpha1.Limits{CreationsPerHour: 3},
		},
	}))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range 2 {
		st.replica(ctx, &running)
	}
	running.Go(func() { st.placing(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		for _, kind := range []client.Object{&v1alpha1.GameSession{}, &v1alpha1.ShardPool{}, &corev1.Secret{}} {
			if err := server.Client.DeleteAllOf(context.Background(), kind, client.InNamespace(namespace)); err != nil {
				t.Errorf("cleaning up: %v", err)
			}
		}
	})
	return st
}

// replica runs the API as an operator does that may do what the shipped roles
// allow.
func (st *stage) replica(ctx context.Context, running *sync.WaitGroup) {
	t := st.t
	t.Helper()
	mgr, err := ctrl.NewManager(server.Operator(), ctrl.Options{
		Scheme: setup.Scheme(), Metrics: metricsserver.Options{BindAddress: "0"},
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
	check(t, err)
	address := port.Need(t)
	check(t, mgr.Add(sessionapi.New(sessionapi.Config{
		Listen: address, Namespace: namespace, Client: mgr.GetClient(), Reader: mgr.GetAPIReader(),
		Identity: names{}, Logger: slog.New(slog.DiscardHandler), Wait: st.wait,
	})))
	running.Go(func() {
		if err := mgr.Start(ctx); err != nil {
			t.Errorf("running the manager: %v", err)
		}
	})
	st.replicas = append(st.replicas, "http://"+address)
	st.await("the API to listen", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// placing gives every session an owner, as the controllers do.
func (st *stage) placing(ctx context.Context) {
	for ctx.Err() == nil {
		var list v1alpha1.GameSessionList
		_ = server.Client.List(ctx, &list, client.InNamespace(namespace))
		st.mu.Lock()
		idle := st.idle
		st.mu.Unlock()
		for i := range list.Items {
			if gs := &list.Items[i]; gs.Status.Owner == nil && !idle {
				gs.Status.Owner = &v1alpha1.OwnerStatus{Shard: "arena-1", Epoch: 1}
				_ = server.Client.Status().Update(ctx, gs)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (st *stage) setIdle(idle bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.idle = idle
}

func (st *stage) await(what string, done func() bool) {
	st.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			st.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// answer is what a replica said.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

// do asks one replica, and holds the answer against the document.
func (st *stage) do(replica int, method, path, player, key, body string) answer {
	t := st.t
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, st.replicas[replica]+path, strings.NewReader(body))
	check(t, err)
	if player != "" {
		req.Header.Set("Authorization", "Bearer i-am-"+player)
	}
	if key != "" {
		req.Header.Set(sessionapi.KeyHeader, key)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	text, err := io.ReadAll(resp.Body)
	check(t, err)
	check(t, resp.Body.Close())
	a := answer{status: resp.StatusCode, header: resp.Header, text: string(text)}
	check(t, json.Unmarshal(text, &a.body))
	st.describes(method, path, a)
	return a
}

// describes holds an answer against the document that is served.
func (st *stage) describes(method, path string, a answer) {
	t := st.t
	t.Helper()
	if st.schemas == nil {
		resp, err := http.Get(st.replicas[0] + "/openapi.json")
		check(t, err)
		st.tree, err = jsonschema.UnmarshalJSON(resp.Body)
		check(t, err)
		check(t, resp.Body.Close())
		st.schemas = jsonschema.NewCompiler()
		check(t, st.schemas.AddResource("https://gamesession.dev/operator.json", st.tree))
	}
	schema := map[bool]string{true: "Error"}[a.status >= 400]
	path, _, _ = strings.Cut(path, "?")
	switch {
	case schema != "":
	case method == http.MethodPost:
		schema = "Created"
	case path == "/api/v2/sessions":
		schema = "Page"
	default:
		schema = "Summary"
	}
	compiled, err := st.schemas.Compile("https://gamesession.dev/operator.json#/components/schemas/" + schema)
	check(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(a.text)))
	check(t, err)
	if err := compiled.Validate(value); err != nil {
		t.Errorf("%s %s: %s is not what the document says: %v", method, path, a.text, err)
	}
}

func (st *stage) refused(a answer, code string) {
	st.t.Helper()
	if a.status != wire.FaultOf(code).Status || a.body["code"] != code {
		st.t.Errorf("%d %s, want %s", a.status, a.text, code)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ignoreExisting(t *testing.T, err error) {
	t.Helper()
	check(t, client.IgnoreAlreadyExists(err))
}

const ambush = `{"pool": "arena", "title": "Ambush", "players": ["aria"], "scenario_name": "ambush"}`

// TestCreate: once for a key, whatever is sent again, to whichever replica.
func TestCreate(t *testing.T) {
	st := newStage(t)
	first := st.do(0, http.MethodPost, "/api/v2/sessions", "gm", "k-1", ambush)
	if first.status != http.StatusCreated || first.body["placed"] != true || first.body["role"] != "gm" {
		t.Fatalf("%d %s", first.status, first.text)
	}
	id, _ := first.body["session_id"].(string)
	token, _ := first.body["connection_token"].(string)
	claims, err := st.keys.Verify(token, time.Now())
	if err != nil || claims.Session != id || claims.Player != "gm" || claims.Role != auth.GameMaster {
		t.Errorf("the token says %+v: %v", claims, err)
	}
	if want := "wss://play.example/api/v2/sessions/" + id + "/ws"; first.body["websocket_url"] != want || first.header.Get("Location") != "/api/v2/sessions/"+id {
		t.Errorf("URL %v, Location %s", first.body["websocket_url"], first.header.Get("Location"))
	}
	for replica := range st.replicas {
		again := st.do(replica, http.MethodPost, "/api/v2/sessions", "gm", "k-1", " "+ambush)
		if diff := cmp.Diff(first.body, again.body); diff != "" || again.status != first.status {
			t.Errorf("again: %d (-first +again):\n%s", again.status, diff)
		}
		st.refused(st.do(replica, http.MethodPost, "/api/v2/sessions", "gm", "k-1", strings.Replace(ambush, "Ambush", "Another", 1)), wire.CodeKeyReuse)
	}
	other := st.do(1, http.MethodPost, "/api/v2/sessions", "bob", "k-1", ambush)
	if other.status != http.StatusCreated || other.body["session_id"] == id {
		t.Errorf("another caller's key: %d %s", other.status, other.text)
	}
	st.await("both replicas to know", func() bool {
		all := st.do(0, http.MethodGet, "/api/v2/sessions", "aria", "", "")
		list, _ := all.body["sessions"].([]any)
		return len(list) == 2
	})
	page := st.do(0, http.MethodGet, "/api/v2/sessions?limit=1", "aria", "", "")
	next, _ := page.body["next"].(string)
	rest := st.do(0, http.MethodGet, "/api/v2/sessions?after="+next, "aria", "", "")
	if list, _ := rest.body["sessions"].([]any); next == "" || len(list) != 1 || rest.body["next"] != nil {
		t.Errorf("pages: %s %s", page.text, rest.text)
	}
	if one := st.do(0, http.MethodGet, "/api/v2/sessions/"+id, "aria", "", ""); one.status != http.StatusOK || one.body["session_id"] != id {
		t.Errorf("one: %d %s", one.status, one.text)
	}
	st.refused(st.do(0, http.MethodGet, "/api/v2/sessions/"+id, "eve", "", ""), wire.CodeNotFound)
	if none := st.do(0, http.MethodGet, "/api/v2/sessions", "eve", "", ""); none.text != "{\"sessions\":[]}\n" {
		t.Errorf("a stranger sees %s", none.text)
	}
}

// TestCreateAtOnce: many times at once, on both replicas, and there is one.
func TestCreateAtOnce(t *testing.T) {
	st := newStage(t)
	st.do(0, http.MethodGet, "/api/v2/sessions", "gm", "", "") // the document is read
	ids := make(chan any, 8)
	var asking sync.WaitGroup
	for i := range cap(ids) {
		asking.Go(func() {
			a := st.do(i%2, http.MethodPost, "/api/v2/sessions", "gm", "k-1", ambush)
			ids <- a.body["session_id"]
		})
	}
	asking.Wait()
	close(ids)
	made := map[any]bool{}
	for id := range ids {
		if id != nil { // else it was too often, before the first one was there
			made[id] = true
		}
	}
	if len(made) != 1 {
		t.Errorf("sessions %v, want one", made)
	}
	var list v1alpha1.GameSessionList
	check(t, server.Client.List(t.Context(), &list, client.InNamespace(namespace)))
	if len(list.Items) != 1 {
		t.Errorf("there are %d sessions", len(list.Items))
	}
}

func TestCreateThatIsNotPlaced(t *testing.T) {
	st := newStageThatWaits(t, time.Second)
	st.setIdle(true)
	a := st.do(0, http.MethodPost, "/api/v2/sessions", "gm", "k-1", ambush)
	if a.status != http.StatusAccepted || a.body["placed"] != false {
		t.Fatalf("%d %s", a.status, a.text)
	}
	look := func() answer { return st.do(1, http.MethodGet, a.header.Get("Location"), "gm", "", "") }
	st.await("the other replica to know", func() bool { return look().status == http.StatusOK })
	st.setIdle(false)
	st.await("it to be placed", func() bool { return look().body["placed"] == true })
	if again := st.do(1, http.MethodPost, "/api/v2/sessions", "gm", "k-1", ambush); again.status != http.StatusCreated || again.body["session_id"] != a.body["session_id"] {
		t.Errorf("again: %d %s", again.status, again.text)
	}
}

func TestCreateRefused(t *testing.T) {
	st := newStage(t)
	for name, tc := range map[string]struct{ player, key, body, code string }{
		"nobody":            {"", "k", ambush, wire.CodeUnauthorized},
		"no key":            {"gm", "", ambush, wire.CodeBadRequest},
		"a strange key":     {"gm", "a b", ambush, wire.CodeBadRequest},
		"no body":           {"gm", "k", "", wire.CodeBadRequest},
		"a large body":      {"gm", "k", strings.Repeat(" ", 257<<10), wire.CodeTooLarge},
		"an unknown field":  {"gm", "k", `{"pool": "arena", "scenario_name": "a", "admin": true}`, wire.CodeBadRequest},
		"an unknown pool":   {"gm", "k", `{"pool": "nowhere", "scenario_name": "a", "players": ["aria"]}`, wire.CodeRefused},
		"what cannot be":    {"gm", "k", `{"pool": "arena", "scenario_name": "a", "max_players": 1000, "players": ["aria"]}`, wire.CodeRefused},
		"listed, of nobody": {"gm", "k", `{"pool": "arena", "scenario_name": "a"}`, wire.CodeRefused},
	} {
		t.Run(name, func(t *testing.T) {
			st.t = t
			st.refused(st.do(0, http.MethodPost, "/api/v2/sessions", tc.player, tc.key, tc.body), tc.code)
		})
	}
	st.t = t
	st.refused(st.do(0, http.MethodDelete, "/api/v2/sessions", "gm", "", ""), wire.CodeWrongMethod)
	st.refused(st.do(0, http.MethodGet, "/api/v2/sessions?verbose=1", "gm", "", ""), wire.CodeBadRequest)
	st.refused(st.do(0, http.MethodGet, "/api/v2/sessions?token=x", "gm", "", ""), wire.CodeUnauthorized)
}

// TestCreationsAreLimited for each user, over both replicas; what was created
// before is not counted again.
func TestCreationsAreLimited(t *testing.T) {
	st := newStage(t)
	for i := range 3 {
		if a := st.do(i%2, http.MethodPost, "/api/v2/sessions", "gm", fmt.Sprint("k-", i), ambush); a.status != http.StatusCreated {
			t.Fatalf("%d: %d %s", i, a.status, a.text)
		}
	}
	over := st.do(1, http.MethodPost, "/api/v2/sessions", "gm", "k-3", ambush)
	st.refused(over, wire.CodeRateLimited)
	if over.header.Get("Retry-After") == "" {
		t.Error("nobody is told when to come back")
	}
	if a := st.do(0, http.MethodPost, "/api/v2/sessions", "gm", "k-0", ambush); a.status != http.StatusCreated {
		t.Errorf("sent again: %d %s", a.status, a.text)
	}
	if a := st.do(0, http.MethodPost, "/api/v2/sessions", "bob", "k-3", ambush); a.status != http.StatusCreated {
		t.Errorf("another user: %d %s", a.status, a.text)
	}
}
