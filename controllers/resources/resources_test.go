// SPDX-License-Identifier: Apache-2.0

package resources

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/auth/identity"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

func testPool() *v1alpha1.ShardPool {
	return &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Name: "pool", Namespace: "games", UID: "8c4e7f0a-0000-4000-8000-000000000001"},
		Spec: v1alpha1.ShardPoolSpec{
			Image:           "gamesession/shard:dev",
			ImagePullPolicy: "IfNotPresent",
			Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
			},
			Replicas: 3, MinReplicas: 1, MaxReplicas: 5, SessionsPerShard: 20,
			DrainDeadline:       metav1.Duration{Duration: 5 * time.Minute},
			RelayGrace:          metav1.Duration{Duration: 30 * time.Second},
			Lease:               metav1.Duration{Duration: 3 * time.Second},
			RedisSecretRef:      v1alpha1.SecretKeyRef{Name: "redis", Key: "url"},
			SigningKeySecretRef: v1alpha1.SecretRef{Name: "keys"},
			LogLevel:            "info",
			Limits: v1alpha1.Limits{
				ConnectionsPerMinute: 10, MessagesPerMinute: 100, ActionsPerMinute: 20,
				TrustedProxies: []string{"10.0.0.0/8", "fd00::/8"},
				Bots:           &v1alpha1.ClassLimits{MessagesPerMinute: 1000},
				Services:       &v1alpha1.ClassLimits{ConnectionsPerMinute: 600, MessagesPerMinute: 6000},
			},
			TLSSecretRef: &v1alpha1.SecretRef{Name: "tls"},
			Issuers: []v1alpha1.Issuer{
				{Issuer: "https://login.example", Audience: "games", JWKSURL: "https://login.example/keys", PlayerClaim: "sub", PlayerPrefix: "a.", Algorithms: []v1alpha1.Algorithm{"ES256"}},
				{Issuer: "$(REDIS_URL)", Audience: "games", KeysSecretRef: &v1alpha1.KeySetRef{Name: "backend", Key: "jwks.json"}, PlayerClaim: "uid", PlayerPrefix: "b.", ClassClaim: "class"},
			},
			Tracing:        &v1alpha1.Tracing{Endpoint: "http://collector.monitoring:4318/$(REDIS_URL)", SamplingRatePerMillion: new(int32)},
			AllowedOrigins: []string{"https://play.example", "http://localhost:8080"},
			NodeSelector:   map[string]string{"disk": "ssd"},
			Tolerations:    []corev1.Toleration{{Key: "games", Operator: corev1.TolerationOpExists}},
		},
	}
}

func TestGolden(t *testing.T) {
	pool := testPool()
	for name, object := range map[string]any{
		"pod.yaml":        Pod(pool, "pool-abcde", "gs"),
		"front-door.yaml": FrontDoor(pool),
		"headless.yaml":   Headless(pool),
		"budget.yaml":     Budget(pool),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := yaml.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got); run with -update if this is meant:\n%s", name, diff)
			}
		})
	}
}

func TestTemplateHash(t *testing.T) {
	first := TemplateHash(testPool(), "gs")
	for name, tc := range map[string]struct {
		edit     func(*v1alpha1.ShardPool)
		wantSame bool
	}{
		"nothing":        {func(*v1alpha1.ShardPool) {}, true},
		"replicas":       {func(p *v1alpha1.ShardPool) { p.Spec.Replicas = 5 }, true},
		"public URL":     {func(p *v1alpha1.ShardPool) { p.Spec.PublicURL = "wss://x" }, true},
		"labels":         {func(p *v1alpha1.ShardPool) { p.Labels = map[string]string{"a": "b"} }, true},
		"image":          {func(p *v1alpha1.ShardPool) { p.Spec.Image = "x" }, false},
		"capacity":       {func(p *v1alpha1.ShardPool) { p.Spec.SessionsPerShard = 21 }, false},
		"drain deadline": {func(p *v1alpha1.ShardPool) { p.Spec.DrainDeadline.Duration = time.Minute }, false},
		"node selector":  {func(p *v1alpha1.ShardPool) { p.Spec.NodeSelector = nil }, false},
		"no TLS":         {func(p *v1alpha1.ShardPool) { p.Spec.TLSSecretRef = nil }, false},
		"an issuer":      {func(p *v1alpha1.ShardPool) { p.Spec.Issuers[0].Audience = "x" }, false},
		"no traces":      {func(p *v1alpha1.ShardPool) { p.Spec.Tracing = nil }, false},
		"origins":        {func(p *v1alpha1.ShardPool) { p.Spec.AllowedOrigins = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			pool := testPool()
			tc.edit(pool)
			if same := TemplateHash(pool, "gs") == first; same != tc.wantSame {
				t.Errorf("same hash: %v, want %v", same, tc.wantSame)
			}
		})
	}
}

// TestIssuersAsAShardReadsThem: what the pool says is what the shard takes in, and
// no variable of the pod gets into it.
func TestIssuersAsAShardReadsThem(t *testing.T) {
	pool := testPool()
	var text string
	for _, e := range Pod(pool, "pool-abcde", "gs").Spec.Containers[0].Env {
		if e.Name == issuersVariable {
			if strings.Contains(strings.ReplaceAll(e.Value, "$$", ""), "$") {
				t.Errorf("the kubelet would expand %s", e.Value)
			}
			text = strings.ReplaceAll(e.Value, "$$", "$")
		}
	}
	got, err := identity.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := identity.Config{Issuers: []identity.Issuer{
		{Issuer: "https://login.example", Audience: "games", JWKSURL: "https://login.example/keys", PlayerClaim: "sub", PlayerPrefix: "a.", Algorithms: []string{"ES256"}},
		{Issuer: "$(REDIS_URL)", Audience: "games", KeysFile: issuersDir + "/1.json", PlayerClaim: "uid", PlayerPrefix: "b.", ClassClaim: "class"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the shard reads (-want +got):\n%s", diff)
	}
}

func TestEndpoint(t *testing.T) {
	pool := testPool()
	if got, want := Endpoint(pool), "wss://pool.games.svc:8080"; got != want {
		t.Errorf("Endpoint = %s, want %s", got, want)
	}
	pool.Spec.TLSSecretRef = nil
	if got, want := Endpoint(pool), "ws://pool.games.svc:8080"; got != want {
		t.Errorf("Endpoint without TLS = %s, want %s", got, want)
	}
	pool.Spec.PublicURL = "wss://play.example"
	if got := Endpoint(pool); got != pool.Spec.PublicURL {
		t.Errorf("Endpoint = %s, want that of the pool", got)
	}
}
