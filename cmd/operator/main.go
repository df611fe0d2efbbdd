// SPDX-License-Identifier: Apache-2.0

// Command operator places game sessions on shards and moves them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/redis/go-redis/v9"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"gamesession.dev/operator/controllers/sessionapi"
	"gamesession.dev/operator/controllers/setup"
	"gamesession.dev/operator/shard/auth/identity"
)

// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,namespace=gamesession-system,verbs=get;create;update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,namespace=gamesession-system,verbs=create;patch
// +kubebuilder:rbac:groups="",resources=events,namespace=gamesession-system,verbs=create;patch

// version is set by the linker.
var version = "unknown"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit code: 2 for a wrong command line, 1 for a failure.
func run(args []string, stdout, stderr io.Writer) int {
	options, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "error: %v; see 'operator --help'\n", err)
		return 2
	case options.version:
		fmt.Fprintln(stdout, version)
		return 0
	}
	handler := options.logHandler(stderr)
	slog.SetDefault(slog.New(handler))
	log := logr.FromSlogHandler(handler)
	ctrl.SetLogger(log)
	klog.SetLogger(log)
	redis.SetLogger(silent{})
	if err := serve(options, log); err != nil {
		log.Error(err, "Stopped")
		return 1
	}
	return 0
}

// silent drops what the Redis client prints by itself: every error comes back
// to its caller, who says it once.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func serve(options *options, log logr.Logger) error {
	config, err := ctrl.GetConfig()
	if clientcmd.IsEmptyConfig(err) {
		return errors.New("there is no cluster: this is no pod, and there is no kubeconfig (KUBECONFIG, ~/.kube/config)")
	}
	if err != nil {
		return fmt.Errorf("loading the configuration of the cluster: %w", err)
	}
	config.QPS, config.Burst = options.qps, options.burst
	mgr, err := ctrl.NewManager(config, options.manager())
	if err != nil {
		return fmt.Errorf("making the manager: %w", err)
	}
	if err := setup.Controllers(mgr, options.controllers()); err != nil {
		return err
	}
	if options.apiListen != "" {
		if err := addAPI(mgr, options, log); err != nil {
			return err
		}
	}
	log.Info("Starting", "version", version)
	return mgr.Start(ctrl.SetupSignalHandler())
}

// addAPI lets the session API run beside the controllers.
func addAPI(mgr ctrl.Manager, options *options, log logr.Logger) error {
	logger := slog.New(logr.ToSlogHandler(log.WithName("api")))
	verifier, err := identity.New(options.issuers, logger, time.Now)
	if err != nil {
		return fmt.Errorf("reading the keys of issuers: %w", err)
	}
	return mgr.Add(sessionapi.New(sessionapi.Config{
		Listen: options.apiListen, Namespace: options.apiNamespace, Client: mgr.GetClient(), Reader: mgr.GetAPIReader(),
		Identity: verifier, KeyPrefix: options.keyPrefix, Logger: logger, Wait: options.apiWait,
	}))
}
