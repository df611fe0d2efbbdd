// SPDX-License-Identifier: Apache-2.0

// Package kube starts the real API server that the suites below test/envtest
// run on. Its programs are found by KUBEBUILDER_ASSETS.
package kube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"gamesession.dev/operator/api/v1alpha1"
)

// Server is an API server with the project's CRDs and the operator's roles.
type Server struct {
	Config *rest.Config
	Client client.WithWatch
	env    *envtest.Environment
}

const operatorNamespace = "gamesession-system"

// Operator is a configuration that may do what the shipped roles allow, and
// nothing else.
func (s *Server) Operator() *rest.Config {
	config := rest.CopyConfig(s.Config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + operatorNamespace + ":gamesession-operator",
		Groups:   []string{"system:serviceaccounts", "system:authenticated"},
	}
	return config
}

// Kubectl runs the kubectl of the same build as an administrator.
func (s *Server) Kubectl(ctx context.Context, args ...string) (string, error) {
	user, err := s.env.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		return "", fmt.Errorf("adding a user: %w", err)
	}
	kubectl, err := user.Kubectl()
	if err != nil {
		return "", fmt.Errorf("finding kubectl: %w", err)
	}
	cmd := exec.CommandContext(ctx, kubectl.Path, append(slices.Clone(kubectl.Opts), args...)...)
	cmd.Dir = root()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("kubectl %v: %w: %s", args, err, out)
	}
	return string(out), nil
}

// Main starts a server, hands it to set, and runs the tests of a package.
func Main(m *testing.M, set func(*Server)) {
	server, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	set(server)
	code := m.Run()
	if err := server.env.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "error: stopping the API server:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func start() (*Server, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: run `make test-envtest`, which builds kube-apiserver and etcd")
	}
	if err := v1alpha1.AddToScheme(scheme.Scheme); err != nil {
		return nil, fmt.Errorf("adding types to the scheme: %w", err)
	}
	env := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join(root(), "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	config, err := env.Start()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the API server: %w", err), env.Stop())
	}
	config.QPS, config.Burst = -1, -1
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme.Scheme})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a client: %w", err), env.Stop())
	}
	s := &Server{Config: config, Client: c, env: env}
	// What is shipped is what is tested: CRDs, roles, bindings.
	if _, err := s.Kubectl(context.Background(), "apply", "--server-side", "--force-conflicts", "-k", "config/default"); err != nil {
		return nil, errors.Join(fmt.Errorf("installing: %w", err), env.Stop())
	}
	return s, nil
}

// root is the root of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}
