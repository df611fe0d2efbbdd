// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"errors"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/resources"
)

// ensureServices makes the Services and the budget what they should be. What
// others have added to them (annotations, a type of Service) stays. What others
// have made under their names is left alone.
func (r *Reconciler) ensureServices(ctx context.Context, s *scope) error {
	for _, desired := range []*corev1.Service{resources.FrontDoor(s.pool), resources.Headless(s.pool)} {
		actual := &corev1.Service{}
		actual.Namespace, actual.Name = desired.Namespace, desired.Name
		err := r.ensure(ctx, s, actual, desired.Labels, func() {
			if actual.ResourceVersion == "" {
				actual.Spec = desired.Spec
				return
			}
			actual.Spec.Selector = desired.Spec.Selector
			actual.Spec.PublishNotReadyAddresses = desired.Spec.PublishNotReadyAddresses
			actual.Spec.Ports = keepNodePorts(desired.Spec.Ports, actual.Spec.Ports)
		})
		if errors.Is(err, errTaken) {
			r.block(s, v1alpha1.ReasonNameTaken, fmt.Sprintf("there is a Service %s that is not of this pool: delete it, or give the pool another name", desired.Name))
		} else if err != nil {
			return fmt.Errorf("making Service %s: %w", desired.Name, err)
		}
	}
	desired := resources.Budget(s.pool)
	actual := &policyv1.PodDisruptionBudget{}
	actual.Namespace, actual.Name = desired.Namespace, desired.Name
	err := r.ensure(ctx, s, actual, desired.Labels, func() { actual.Spec = desired.Spec })
	if errors.Is(err, errTaken) {
		r.block(s, v1alpha1.ReasonNameTaken, fmt.Sprintf("there is a PodDisruptionBudget %s that is not of this pool: delete it, or give the pool another name", desired.Name))
	} else if err != nil {
		return fmt.Errorf("making PodDisruptionBudget %s: %w", desired.Name, err)
	}
	return nil
}

// errTaken says that somebody else has an object of that name.
var errTaken = errors.New("the object is not of this pool")

func (r *Reconciler) ensure(ctx context.Context, s *scope, object client.Object, labels map[string]string, set func()) error {
	_, err := controllerutil.CreateOrPatch(ctx, r.client, object, func() error {
		known := metav1.IsControlledBy(object, s.pool) || object.GetLabels()[v1alpha1.LabelPool] == s.pool.Name
		if object.GetResourceVersion() != "" && !known {
			return errTaken
		}
		merged := maps.Clone(object.GetLabels())
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, labels)
		object.SetLabels(merged)
		set()
		return controllerutil.SetControllerReference(s.pool, object, r.client.Scheme())
	})
	return err
}

// keepNodePorts keeps the node ports that were given out.
func keepNodePorts(desired, actual []corev1.ServicePort) []corev1.ServicePort {
	for i := range desired {
		for _, a := range actual {
			if a.Name == desired[i].Name {
				desired[i].NodePort = a.NodePort
			}
		}
	}
	return desired
}
