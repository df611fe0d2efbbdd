// SPDX-License-Identifier: Apache-2.0

package resources

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gamesession.dev/operator/api/v1alpha1"
)

// FrontDoor is the Service clients connect to: any ready shard takes them.
func FrontDoor(pool *v1alpha1.ShardPool) *corev1.Service {
	// For gateways that have to know.
	protocol := "kubernetes.io/ws"
	if pool.Spec.TLSSecretRef != nil {
		protocol = "kubernetes.io/wss"
	}
	return &corev1.Service{
		ObjectMeta: meta(pool, FrontDoorName(pool)),
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: Selector(pool),
			Ports: []corev1.ServicePort{
				{Name: "client", Port: ClientPort, TargetPort: intstr.FromString("client"), Protocol: corev1.ProtocolTCP, AppProtocol: &protocol},
			},
		},
	}
}

// Headless is the Service that gives every shard a DNS name, ready or not, and
// metrics their targets.
func Headless(pool *v1alpha1.ShardPool) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: meta(pool, HeadlessName(pool)),
		Spec: corev1.ServiceSpec{
			Type:                     corev1.ServiceTypeClusterIP,
			ClusterIP:                corev1.ClusterIPNone,
			PublishNotReadyAddresses: true,
			Selector:                 Selector(pool),
			Ports: []corev1.ServicePort{
				{Name: "client", Port: ClientPort, TargetPort: intstr.FromString("client"), Protocol: corev1.ProtocolTCP},
				{Name: "ops", Port: OpsPort, TargetPort: intstr.FromString("ops"), Protocol: corev1.ProtocolTCP},
			},
		},
	}
}

// Budget keeps evictions away from shards that hold sessions or clients: the
// operator moves those first, then takes the label off. A shard that does not
// work protects nobody and may always go.
func Budget(pool *v1alpha1.ShardPool) *policyv1.PodDisruptionBudget {
	none := intstr.FromInt32(0)
	always := policyv1.AlwaysAllow
	selector := Selector(pool)
	selector[v1alpha1.LabelOccupied] = "true"
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: meta(pool, BudgetName(pool)),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable:             &none,
			Selector:                   &metav1.LabelSelector{MatchLabels: selector},
			UnhealthyPodEvictionPolicy: &always,
		},
	}
}
