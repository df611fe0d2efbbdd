// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/resources"
)

// TestShardsAreRestricted: where the restricted Pod Security Standard is enforced,
// the API server takes shards with everything that a pool can ask for.
func TestShardsAreRestricted(t *testing.T) {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "restricted-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	if err := server.Client.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	pool := &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Name: "pool", Namespace: ns.Name, UID: "8c4e7f0a-0000-4000-8000-000000000001"},
		Spec: v1alpha1.ShardPoolSpec{
			Image: "gamesession/shard:dev", LogLevel: "info",
			DrainDeadline: metav1.Duration{Duration: time.Minute}, Lease: metav1.Duration{Duration: time.Second},
			RedisSecretRef: v1alpha1.SecretKeyRef{Name: "redis", Key: "url"}, SigningKeySecretRef: v1alpha1.SecretRef{Name: "keys"},
			TLSSecretRef: &v1alpha1.SecretRef{Name: "tls"},
			Issuers:      []v1alpha1.Issuer{{Issuer: "a", Audience: "b", KeysSecretRef: &v1alpha1.KeySetRef{Name: "jwks", Key: "jwks.json"}}},
		},
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: ns.Name}}
	if err := client.IgnoreAlreadyExists(server.Client.Create(t.Context(), account)); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Create(t.Context(), resources.Pod(pool, "pool-a", "gs")); err != nil {
		t.Errorf("a shard is refused: %v", err)
	}
	open := resources.Pod(pool, "pool-b", "gs")
	open.Spec.Containers[0].SecurityContext.Capabilities = nil
	if err := server.Client.Create(t.Context(), open); err == nil || !strings.Contains(err.Error(), "PodSecurity") {
		t.Errorf("nobody looks: a pod with all capabilities is answered with %v", err)
	}
}

// TestNetworkPolicies are taken by the API server, and name ports that pods have.
func TestNetworkPolicies(t *testing.T) {
	for _, args := range [][]string{
		{"apply", "--dry-run=server", "-k", "config/network/operator"},
		{"apply", "--dry-run=server", "-n", namespace(t), "-k", "config/network/shards"},
	} {
		if out, err := server.Kubectl(t.Context(), args...); err != nil || !strings.Contains(out, "networkpolicy.networking.k8s.io/gamesession-") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}
