// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// defaultOperatorImage is the name in config/manager that the overlay replaces.
const defaultOperatorImage = "gamesession/operator"

// overlayFormat takes the base, the image's name there, its new name and tag, and
// the build.
const overlayFormat = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [%s]
images:
- name: %s
  newName: %s
  newTag: %q
patches:
- target: {kind: Deployment}
  patch: |-
    - op: add
      path: /spec/template/metadata/annotations
      value: {gamesession.dev/build: "%x"}
`

// Install applies the shipped manifests with the scene's operator image, and
// waits until both replicas run and one of them leads.
func (s *Scene) Install(ctx context.Context) error {
	overlay, err := s.overlay()
	if err != nil {
		return err
	}
	if _, err := s.kubectl.run(ctx, "apply", "--server-side", "--force-conflicts", "-k", overlay); err != nil {
		return err
	}
	if _, err := s.kubectl.run(ctx, "wait", "--for=condition=Established", "--timeout=30s",
		"crd/gamesessions.gamesession.dev", "crd/shardpools.gamesession.dev"); err != nil {
		return err
	}
	_, err = s.kubectl.run(ctx, "-n", operatorNamespace, "rollout", "status", "deployment", "--timeout=90s")
	if err != nil {
		return fmt.Errorf("waiting for the operator: %w", err)
	}
	return Await(ctx, time.Minute, "a leader among the operators", func(ctx context.Context) (string, error) {
		_, err := s.Leader(ctx)
		return "", err
	})
}

// overlay writes a kustomization that sets the operator's image, and returns
// its folder. The build is noted in the pods, so that another build under the
// same name replaces them.
func (s *Scene) overlay() (string, error) {
	dir := filepath.Join(s.opts.Dist, "overlay")
	base, err := filepath.Rel(dir, filepath.Join(s.opts.Root, "config", "default"))
	if err != nil {
		return "", fmt.Errorf("finding config/default: %w", err)
	}
	name, tag := s.opts.Images.Operator, "latest"
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name, tag = name[:i], name[i+1:]
	}
	program, err := os.ReadFile(filepath.Join(s.opts.Dist, "bin", "operator"))
	if err != nil {
		return "", fmt.Errorf("reading the operator's program: %w", err)
	}
	text := fmt.Sprintf(overlayFormat, base, defaultOperatorImage, name, tag, sha256.Sum256(program))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}
	return dir, nil
}

// Leader returns the operator's pod that holds the lease.
func (s *Scene) Leader(ctx context.Context) (*corev1.Pod, error) {
	var leases coordinationv1.LeaseList
	if err := s.kube.List(ctx, &leases, client.InNamespace(operatorNamespace)); err != nil {
		return nil, fmt.Errorf("listing leases: %w", err)
	}
	for _, l := range leases.Items {
		if l.Spec.HolderIdentity == nil || *l.Spec.HolderIdentity == "" {
			continue
		}
		name, _, _ := strings.Cut(*l.Spec.HolderIdentity, "_")
		var pod corev1.Pod
		err := s.kube.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: name}, &pod)
		if client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("reading the leader's pod: %w", err)
		}
		if err == nil && pod.DeletionTimestamp == nil && pod.Spec.NodeName != "" {
			return &pod, nil
		}
	}
	return nil, errors.New("no operator holds the lease")
}

// Clean removes the stage and the operator, and waits until they are gone.
func (s *Scene) Clean(ctx context.Context) error {
	if err := s.Strike(ctx); err != nil {
		return err
	}
	overlay, err := s.overlay()
	if err != nil {
		return err
	}
	_, err = s.kubectl.run(ctx, "delete", "--ignore-not-found", "--timeout=90s", "-k", overlay)
	return err
}

// Strike removes the stage: sessions first, while the operator and Redis can
// still end them, then the pool, then the rest.
func (s *Scene) Strike(ctx context.Context) error {
	var ns corev1.Namespace
	err := s.kube.Get(ctx, client.ObjectKey{Name: Namespace}, &ns)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for the stage: %w", err)
	}
	for _, what := range [][]string{
		{"-n", Namespace, "gsess", "--all"},
		{"-n", Namespace, "spool", "--all"},
		// The shards leave while Redis is still there.
		{"-n", Namespace, "pods", "-l", "gamesession.dev/pool=" + Pool},
		{"namespace", Namespace},
	} {
		args := append([]string{"delete", "--ignore-not-found", "--timeout=120s"}, what...)
		if _, err := s.kubectl.run(ctx, args...); err != nil {
			return fmt.Errorf("removing the stage: %w", err)
		}
	}
	return nil
}
