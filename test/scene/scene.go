// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// Names that the scene uses in the cluster.
const (
	Namespace = "gamesession-demo"
	Pool      = "arena"

	operatorNamespace = "gamesession-system"
	redisName         = "redis"
	redisSecret       = "redis-url"
	keySecret         = "session-keys"
)

// Scene is one stage in one cluster.
type Scene struct {
	opts    Options
	kube    client.Client
	kubectl kubectl
	out     string   // folder of the results
	held    *os.File // the lock, open for as long as the process lives
}

// Open connects to the cluster, and keeps other runs off the stage until this
// process ends. It changes nothing in the cluster.
func Open(ctx context.Context, opts Options) (*Scene, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = opts.Kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("loading the kubeconfig: %w", err)
	}
	config.Timeout = 10 * time.Second
	config.QPS, config.Burst = 50, 100
	kube, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	k, err := findKubectl(ctx, opts)
	if err != nil {
		return nil, err
	}
	s := &Scene{opts: opts, kube: kube, kubectl: k, out: filepath.Join(opts.Dist, "demo")}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of results: %w", err)
	}
	if s.held, err = lock(opts.Dist); err != nil {
		return nil, err
	}
	return s, nil
}

// Out is the folder with the bots' logs and results.
func (s *Scene) Out() string { return s.out }

// Say prints one line of progress.
func (s *Scene) Say(format string, args ...any) {
	fmt.Fprintf(s.opts.Progress, format+"\n", args...)
}

// Show returns what kubectl prints for a user.
func (s *Scene) Show(ctx context.Context, args ...string) (string, error) {
	return s.kubectl.run(ctx, args...)
}
