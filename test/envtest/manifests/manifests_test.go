// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"gamesession.dev/operator/test/envtest/kube"
)

var server *kube.Server

func TestMain(m *testing.M) { kube.Main(m, func(s *kube.Server) { server = s }) }

const session = `
apiVersion: gamesession.dev/v1alpha1
kind: GameSession
metadata: {name: ambush}
spec:
  poolName: pool
  title: Goblin ambush
  gameMasters: [gm]
  players: [p1, p2]
  scenario:
    inline:
      map: {width: 10, height: 8, blocked: [[3, 4]]}
      combatants:
      - {id: aria, name: Aria, side: heroes, controller: p1, position: [1, 2], ac: 16, maxHP: 30, speed: 30, dexterity: 14,
         attacks: [{id: sword, name: Sword, kind: melee, attackBonus: 5, reach: 5, damage: [{dice: 1d8+3, type: slashing}]}]}
      - {id: goblin-1, name: Goblin, side: goblins, controller: gm, group: goblins, position: [8, 2], ac: 15, maxHP: 7, speed: 30, dexterity: 14,
         attacks: [{id: bow, name: Shortbow, kind: ranged, attackBonus: 4, range: 80, longRange: 320, damage: [{dice: 1d6+2, type: piercing}]}]}
`

const pool = `
apiVersion: gamesession.dev/v1alpha1
kind: ShardPool
metadata: {name: pool}
spec:
  image: gamesession/shard:dev
  replicas: 3
  maxReplicas: 5
  redisSecretRef: {name: redis}
  signingKeySecretRef: {name: keys}
`

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &u.Object); err != nil {
		t.Fatalf("parsing %s: %v", text, err)
	}
	return u
}

func namespace(t *testing.T) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "manifests-"}}
	if err := server.Client.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	return ns.Name
}

func create(t *testing.T, ns string, u *unstructured.Unstructured) error {
	t.Helper()
	u.SetNamespace(ns)
	return client.NewNamespacedClient(server.Client, ns).Create(t.Context(), u, client.FieldValidation(metav1.FieldValidationStrict))
}

// edit replaces old by new, which must be there.
func edit(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not in the manifest", old)
	}
	return strings.Replace(text, old, replacement, 1)
}

func TestGoodManifests(t *testing.T) {
	ns := namespace(t)
	trusting := edit(t, edit(t, pool, "name: pool", "name: trusting"), "replicas: 3", `replicas: 3
  tlsSecretRef: {name: tls}
  allowedOrigins: ['https://play.example', 'http://localhost:5173', 'http://[::1]:80']
  issuers:
  - {issuer: 'https://a', audience: b, jwksURL: 'https://a/k', playerPrefix: a., algorithms: [ES256]}
  - {issuer: 'https://c', audience: b, keysSecretRef: {name: k}, playerPrefix: c., classClaim: class}`)
	for _, text := range []string{session, pool, trusting} {
		u := parse(t, text)
		if err := create(t, ns, u); err != nil {
			t.Fatalf("a good manifest is refused: %v", err)
		}
		for path, want := range map[string]any{"ruleset": "srd-5.2.1", "lifecycle": "Running", "access": "Listed", "maxPlayers": int64(10)} {
			if got, _, _ := unstructured.NestedFieldNoCopy(u.Object, "spec", path); u.GetKind() == "GameSession" && got != want {
				t.Errorf("default of %s: got %v, want %v", path, got, want)
			}
		}
	}
}

// TestStatusIsTheOperators: what a user says there is not taken, at the beginning or
// later.
func TestStatusIsTheOperators(t *testing.T) {
	ns := namespace(t)
	u := parse(t, session+"status: {version: 99, owner: {shard: mine, epoch: 7}}\n")
	if err := create(t, ns, u); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"created", "updated"} {
		if status, there := u.Object["status"]; there {
			t.Errorf("%s with status %v", when, status)
		}
		if err := unstructured.SetNestedField(u.Object, int64(99), "status", "version"); err != nil {
			t.Fatal(err)
		}
		if err := server.Client.Update(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
}

// What is shipped can be applied, and answers kubectl get with columns.
func TestShippedManifests(t *testing.T) {
	ns := namespace(t)
	if _, err := server.Kubectl(t.Context(), "apply", "-n", ns, "-k", "config/samples"); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string][]string{
		"gsess":         {"READY", "SHARD", "PLAYERS", "VERSION", "MOVES", "LAST MOVE", "PAUSE MS"},
		"gsess -o wide": {"WHO", "POOL", "EPOCH", "LIFECYCLE", "ENDPOINT", "REASON"},
		"spool":         {"AVAILABLE", "DESIRED", "READY", "SESSIONS", "CAPACITY"},
		"game":          {"goblin-ambush", "pool"},
	} {
		out, err := server.Kubectl(t.Context(), append([]string{"get", "-n", ns}, strings.Fields(kind)...)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range want {
			if !strings.Contains(out, column) {
				t.Errorf("kubectl get %s does not show %s:\n%s", kind, column, out)
			}
		}
	}
}

func TestWrongManifests(t *testing.T) {
	ns := namespace(t)
	players := strings.TrimSuffix(numbered("p", 11), ", ")
	for _, tc := range []struct {
		name, base, old, replacement string
		want                         []string // parts of the message
	}{
		{"no pool", session, "  poolName: pool\n", "", []string{"spec.poolName", "Required"}},
		{"pool name with capitals", session, "poolName: pool", "poolName: Pool", []string{"spec.poolName", "should match"}},
		{"unknown ruleset", session, "poolName: pool", "poolName: pool\n  ruleset: srd-6", []string{"spec.ruleset", `"srd-5.2.1", "srd-5.1"`}},
		{"too many players allowed", session, "poolName: pool", "poolName: pool\n  maxPlayers: 101", []string{"spec.maxPlayers", "less than or equal to 100"}},
		{"no players allowed", session, "poolName: pool", "poolName: pool\n  maxPlayers: 0", []string{"spec.maxPlayers", "greater than or equal to 1"}},
		{"more listed than allowed", session, "players: [p1, p2]", "players: [" + players + "]", []string{"players must not list more than maxPlayers"}},
		{"a player twice", session, "players: [p1, p2]", "players: [p1, p1]", []string{"spec.players", "Duplicate value"}},
		{"a player with a space", session, "players: [p1, p2]", `players: ["p 1"]`, []string{"spec.players[0]", "should match"}},
		{"listed, but nobody", session, "  players: [p1, p2]\n", "", []string{"players must list at least one player when access is Listed"}},
		{"unknown access", session, "poolName: pool", "poolName: pool\n  access: Public", []string{"spec.access", `"Listed", "Open"`}},
		{"no game master", session, "gameMasters: [gm]", "gameMasters: []", []string{"spec.gameMasters", "at least 1"}},
		{"unknown lifecycle", session, "poolName: pool", "poolName: pool\n  lifecycle: Frozen", []string{"spec.lifecycle", `"Running", "Paused", "Ended"`}},
		{"two scenarios", session, "scenario:\n", "scenario:\n    configMapRef: {name: x}\n", []string{"scenario must have exactly one of inline and configMapRef"}},
		{"no scenario", session, session[strings.Index(session, "    inline:"):], "    {}\n", []string{"scenario must have exactly one of inline and configMapRef"}},
		{"off the map", session, "position: [8, 2]", "position: [10, 2]", []string{"combatants must stand on the map"}},
		{"blocked off the map", session, "blocked: [[3, 4]]", "blocked: [[3, 8]]", []string{"blocked squares must lie on the map"}},
		{"a point of three", session, "position: [8, 2]", "position: [8, 2, 1]", []string{"position", "at most 2 items"}},
		{"one side", session, "side: goblins", "side: heroes", []string{"combatants must belong to at least two sides"}},
		{"an id twice", session, "id: goblin-1", "id: aria", []string{"combatants[1]", "Duplicate value"}},
		{"unknown damage", session, "type: slashing", "type: cutting", []string{"damage[0].type", `"slashing", "thunder"`}},
		{"wrong dice", session, "dice: 1d8+3", "dice: 1w8", []string{"damage[0].dice", "should match"}},
		{"melee with range", session, "reach: 5", "reach: 5, range: 30", []string{"a melee attack must have reach and neither range nor longRange"}},
		{"ranged without range", session, "range: 80, longRange: 320,", "", []string{"a ranged attack must have range and no reach"}},
		{"speed in odd feet", session, "speed: 30", "speed: 31", []string{"speed", "multiple of 5"}},
		{"hit points below 1", session, "maxHP: 30", "maxHP: -4", []string{"maxHP", "greater than or equal to 1"}},
		{"an unknown field", session, "title: Goblin ambush", "titel: Goblin ambush", []string{`unknown field "spec.titel"`}},
		{"control characters in the title", session, "title: Goblin ambush", `title: "a\u0007b"`, []string{"title must not contain control characters"}},
		{"a move without id", session, "poolName: pool", "poolName: pool\n  move: {to: a}", []string{"spec.move.id", "Required"}},
		{"no image", pool, "  image: gamesession/shard:dev\n", "", []string{"spec.image", "Required"}},
		{"an image with a space", pool, "gamesession/shard:dev", "'a b'", []string{"spec.image", "should match"}},
		{"negative shards", pool, "replicas: 3", "replicas: -1", []string{"spec.replicas", "greater than or equal to 1"}},
		{"a hundred and one shards", pool, "replicas: 3", "replicas: 101", []string{"spec.replicas", "less than or equal to 100"}},
		{"more than the bound", pool, "replicas: 3", "replicas: 6", []string{"replicas must be from minReplicas to maxReplicas"}},
		{"bounds the wrong way round", pool, "replicas: 3", "replicas: 3\n  minReplicas: 7", []string{"minReplicas must not be above maxReplicas"}},
		{"no sessions per shard", pool, "replicas: 3", "replicas: 3\n  sessionsPerShard: 0", []string{"spec.sessionsPerShard", "greater than or equal to 1"}},
		{"a deadline in words", pool, "replicas: 3", "replicas: 3\n  drainDeadline: soon", []string{"spec.drainDeadline", "should match"}},
		{"a deadline of a day", pool, "replicas: 3", "replicas: 3\n  drainDeadline: 24h", []string{"drainDeadline must be from 1s to 1h"}},
		{"a lease of nothing", pool, "replicas: 3", "replicas: 3\n  lease: 1ms", []string{"lease must be from 500ms to 1m"}},
		{"no Redis", pool, "  redisSecretRef: {name: redis}\n", "", []string{"spec.redisSecretRef", "Required"}},
		{"a Secret elsewhere", pool, "{name: redis}", "{name: other/redis}", []string{"spec.redisSecretRef.name", "should match"}},
		{"a public URL for browsers", pool, "replicas: 3", "replicas: 3\n  publicURL: https://game.example.com", []string{"publicURL must be a ws:// or wss:// URL"}},
		{"unknown log level", pool, "replicas: 3", "replicas: 3\n  logLevel: loud", []string{"spec.logLevel", `"debug", "info", "warn", "error"`}},
		{"traces without a collector", pool, "replicas: 3", "replicas: 3\n  tracing: {}", []string{"spec.tracing.endpoint", "Required"}},
		{"traces over gRPC", pool, "replicas: 3", "replicas: 3\n  tracing: {endpoint: 'grpc://collector:4317'}", []string{"endpoint must be an http:// or https:// URL"}},
		{"traces with a password", pool, "replicas: 3", "replicas: 3\n  tracing: {endpoint: 'http://u:p@collector:4318'}", []string{"without user, query or fragment"}},
		{"more traces than commands", pool, "replicas: 3", "replicas: 3\n  tracing: {endpoint: 'http://collector:4318', samplingRatePerMillion: 1000001}", []string{"spec.tracing.samplingRatePerMillion", "less than or equal to 1000000"}},
		{"an issuer without keys", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b}]", []string{"an issuer needs jwksURL or keysSecretRef, not both"}},
		{"an issuer with two sets of keys", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, jwksURL: 'https://a/k', keysSecretRef: {name: k}}]", []string{"an issuer needs jwksURL or keysSecretRef, not both"}},
		{"an issuer without audience", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, keysSecretRef: {name: k}}]", []string{"spec.issuers[0].audience", "Required"}},
		{"keys over http", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, jwksURL: 'http://a/k'}]", []string{"jwksURL must be https://host/path"}},
		{"keys by a user", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, jwksURL: 'https://u:p@a/k'}]", []string{"jwksURL must be https://host/path"}},
		{"keys in a file", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, jwksURL: 'file:///k'}]", []string{"jwksURL must be https://host/path"}},
		{"keys in a Secret elsewhere", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, keysSecretRef: {name: other/k}}]", []string{"spec.issuers[0].keysSecretRef.name", "should match"}},
		{"an algorithm that signs nothing", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, jwksURL: 'https://a/k', algorithms: [none]}]", []string{"spec.issuers[0].algorithms[0]", `"RS256"`}},
		{"an issuer twice", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, jwksURL: 'https://a/k', playerPrefix: x}, {issuer: a, audience: b, jwksURL: 'https://a/k', playerPrefix: y}]", []string{"spec.issuers[1]", "Duplicate value"}},
		{"issuers that name the same players", pool, "replicas: 3", "replicas: 3\n  issuers: [{issuer: a, audience: b, jwksURL: 'https://a/k'}, {issuer: c, audience: b, jwksURL: 'https://c/k', playerPrefix: c.}]", []string{"no playerPrefix may begin another's"}},
		{"an origin with a path", pool, "replicas: 3", "replicas: 3\n  allowedOrigins: ['https://a/']", []string{"spec.allowedOrigins[0]", "should match"}},
		{"an origin with capitals", pool, "replicas: 3", "replicas: 3\n  allowedOrigins: ['https://A']", []string{"spec.allowedOrigins[0]", "should match"}},
		{"every origin", pool, "replicas: 3", "replicas: 3\n  allowedOrigins: ['*']", []string{"spec.allowedOrigins[0]", "should match"}},
		{"two origins in one", pool, "replicas: 3", "replicas: 3\n  allowedOrigins: ['https://a,https://b']", []string{"spec.allowedOrigins[0]", "should match"}},
		{"a proxy that is no network", pool, "replicas: 3", "replicas: 3\n  limits: {trustedProxies: ['10.0.0.0/99']}", []string{"trustedProxies must be networks such as 10.0.0.0/8"}},
		{"a certificate elsewhere", pool, "replicas: 3", "replicas: 3\n  tlsSecretRef: {name: other/tls}", []string{"spec.tlsSecretRef.name", "should match"}},
		{"a limit of nothing for bots", pool, "replicas: 3", "replicas: 3\n  limits: {bots: {actionsPerMinute: -1}}", []string{"spec.limits.bots.actionsPerMinute", "greater than or equal to 1"}},
		{"a limit of nothing", pool, "replicas: 3", "replicas: 3\n  limits: {messagesPerMinute: 0}", []string{"spec.limits.messagesPerMinute", "greater than or equal to 1"}},
		{"a long name", pool, "name: pool", "name: " + strings.Repeat("a", 51), []string{"metadata.name must have at most 50 characters"}},
		{"a name with dots", pool, "name: pool", "name: a.b", []string{"metadata.name must not contain dots"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantRefused(t, create(t, ns, parse(t, edit(t, tc.base, tc.old, tc.replacement))), tc.want)
		})
	}
}

func TestWrongChanges(t *testing.T) {
	for _, tc := range []struct {
		name, base, before, old, replacement string
		want                                 []string
	}{
		{"another pool", session, "", "poolName: pool", "poolName: other", []string{"poolName is immutable"}},
		{"another ruleset", session, "", "poolName: pool", "poolName: pool\n  ruleset: srd-5.1", []string{"ruleset is immutable"}},
		{"another scenario", session, "", "maxHP: 30", "maxHP: 31", []string{"scenario is immutable"}},
		{"back from the end", session, "lifecycle: Ended", "lifecycle: Ended", "lifecycle: Running", []string{"lifecycle Ended is final"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := tc.base
			if tc.before != "" {
				text = edit(t, text, "poolName: pool", "poolName: pool\n  "+tc.before)
			}
			ns := namespace(t)
			before := parse(t, text)
			if err := create(t, ns, before); err != nil {
				t.Fatal(err)
			}
			after := parse(t, edit(t, text, tc.old, tc.replacement))
			after.SetNamespace(ns)
			after.SetResourceVersion(before.GetResourceVersion())
			wantRefused(t, server.Client.Update(t.Context(), after), tc.want)
		})
	}
}

func TestScaleStaysInBounds(t *testing.T) {
	ns := namespace(t)
	u := parse(t, pool)
	if err := create(t, ns, u); err != nil {
		t.Fatal(err)
	}
	scale := &unstructured.Unstructured{}
	if err := server.Client.SubResource("scale").Get(t.Context(), u, scale); err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedField(scale.Object, int64(9), "spec", "replicas"); err != nil {
		t.Fatal(err)
	}
	err := server.Client.SubResource("scale").Update(t.Context(), u, client.WithSubResourceBody(scale))
	wantRefused(t, err, []string{"replicas must be from minReplicas to maxReplicas"})
}

func wantRefused(t *testing.T, err error, want []string) {
	t.Helper()
	if err == nil {
		t.Fatal("the API server accepted it")
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message %q does not contain %q", err, part)
		}
	}
}

func numbered(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%d, ", prefix, i)
	}
	return b.String()
}
