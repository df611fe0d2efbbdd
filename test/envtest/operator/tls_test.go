// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/test/redistest"
	"gamesession.dev/operator/test/tlstest"
)

// TestPoolTakesTheCAOfItsRedis: a Redis with a certificate by a CA of its own is not
// trusted until the Secret has that CA, and the pool says what is in the way. A CA that
// is broken later breaks nothing that runs.
func TestPoolTakesTheCAOfItsRedis(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tlstest.New(t).Mount(dir, "127.0.0.1")
	k := newClusterAround(t, 20*time.Millisecond, redistest.StartTLS(t, dir))
	k.operate()
	k.must(k.c.Create(t.Context(), k.wish(1)))
	k.awaitAvailable(v1alpha1.ReasonRedisUnavailable, "certificate signed by unknown authority")
	k.putCA("-----BEGIN CERTIFICATE-----")
	k.awaitAvailable(v1alpha1.ReasonInvalidSecret, "Secret redis, key ca.crt: 0 of 1 PEM blocks can be read")
	k.putCA(k.redis.CA())
	k.awaitPool(1)
	k.awaitAvailable(v1alpha1.ReasonEnoughShards, "")
	k.putCA("no certificate")
	k.awaitAvailable(v1alpha1.ReasonInvalidSecret, "Secret redis, key ca.crt: there is no certificate in PEM")
	k.putCA(k.redis.CA())
	k.awaitAvailable(v1alpha1.ReasonEnoughShards, "")
}

// putCA puts a CA into the Secret of Redis.
func (k *cluster) putCA(ca string) {
	k.t.Helper()
	secret := &corev1.Secret{}
	k.must(k.c.Get(k.t.Context(), types.NamespacedName{Namespace: k.ns, Name: "redis"}, secret))
	secret.Data[v1alpha1.RedisCAKey] = []byte(ca)
	k.must(k.c.Update(k.t.Context(), secret))
}

// awaitAvailable waits for the pool's condition to have a reason, and a text in its
// message.
func (k *cluster) awaitAvailable(reason, text string) {
	k.t.Helper()
	k.await("the pool to say "+reason+": "+text, func() string {
		c := meta.FindStatusCondition(k.readPool().Status.Conditions, v1alpha1.PoolAvailable)
		switch {
		case c == nil:
			return "no condition"
		case c.Reason != reason || !strings.Contains(c.Message, text):
			return c.Reason + ": " + c.Message
		}
		return ""
	})
}
