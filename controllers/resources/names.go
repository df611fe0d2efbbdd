// SPDX-License-Identifier: Apache-2.0

package resources

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gamesession.dev/operator/api/v1alpha1"
)

// Ports of a shard.
const (
	ClientPort = 8080 // WebSocket and relay
	OpsPort    = 9090 // probes and metrics
)

// labelName and its value are on everything that belongs to a shard.
const (
	labelName   = "app.kubernetes.io/name"
	shardName   = "gamesession-shard"
	labelPartOf = "app.kubernetes.io/part-of"
	partOf      = "gamesession"
	managedBy   = "app.kubernetes.io/managed-by"
	manager     = "gamesession-operator"
)

// PoolID names a pool in Redis: <namespace>.<name>.
func PoolID(pool *v1alpha1.ShardPool) string { return pool.Namespace + "." + pool.Name }

// FrontDoorName is the name of the Service clients connect to.
func FrontDoorName(pool *v1alpha1.ShardPool) string { return pool.Name }

// HeadlessName is the name of the Service that gives shards their DNS names.
func HeadlessName(pool *v1alpha1.ShardPool) string { return pool.Name + "-shards" }

// BudgetName is the name of the disruption budget.
func BudgetName(pool *v1alpha1.ShardPool) string { return pool.Name + "-occupied" }

// Selector selects the shards of a pool.
func Selector(pool *v1alpha1.ShardPool) map[string]string {
	return map[string]string{labelName: shardName, v1alpha1.LabelPool: pool.Name}
}

func labels(pool *v1alpha1.ShardPool) map[string]string {
	set := Selector(pool)
	set[labelPartOf] = partOf
	set[managedBy] = manager
	return set
}

func meta(pool *v1alpha1.ShardPool, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:      name,
		Namespace: pool.Namespace,
		Labels:    labels(pool),
		OwnerReferences: []metav1.OwnerReference{
			*metav1.NewControllerRef(pool, v1alpha1.GroupVersion.WithKind("ShardPool")),
		},
	}
}

// Endpoint is where clients of a pool connect.
func Endpoint(pool *v1alpha1.ShardPool) string {
	if pool.Spec.PublicURL != "" {
		return pool.Spec.PublicURL
	}
	scheme := "ws"
	if pool.Spec.TLSSecretRef != nil {
		scheme = "wss"
	}
	return scheme + "://" + FrontDoorName(pool) + "." + pool.Namespace + ".svc:8080"
}
