// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/gamesession"
	"gamesession.dev/operator/controllers/setup"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/journal"
)

// leaseID names the Lease of the leader.
const leaseID = "gamesession-operator"

type options struct {
	metricsAddr, probeAddr        string
	keyPrefix, logLevel           string
	logFormat, namespaces         string
	leaderElect, version          bool
	leaseDuration, renew, retry   time.Duration
	pendingTimeout, cleanup, stop time.Duration
	leaseNamespace                string
	apiListen, apiNamespace       string
	issuersFile                   string
	issuers                       identity.Config
	apiWait                       time.Duration
	workers                       int
	qps                           float32
	burst                         int
}

const usage = `The operator: it places game sessions on shards and moves them. It runs in a pod (config/default), or
beside a kubeconfig; then it acts with the rights that this gives.

`

// parse reads a command line. Help goes to out.
func parse(args []string, out io.Writer) (*options, error) {
	o := &options{}
	set := flag.NewFlagSet("operator", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.metricsAddr, "metrics-listen", ":8080", "address of /metrics; 0 turns it off")
	set.StringVar(&o.probeAddr, "probe-listen", ":8081", "address of /healthz and /readyz")
	set.StringVar(&o.keyPrefix, "key-prefix", "", "prefix of all keys in Redis; empty means that of the shards, "+journal.DefaultPrefix)
	set.StringVar(&o.namespaces, "namespaces", "", "namespaces to look after, separated by commas; empty means all")
	set.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	set.StringVar(&o.logFormat, "log-format", "json", "json or text")
	set.BoolVar(&o.leaderElect, "leader-elect", true, "wait to be the leader before doing anything")
	set.StringVar(&o.leaseNamespace, "leader-elect-namespace", "", "namespace of the leader's Lease; empty means the operator's own")
	set.DurationVar(&o.leaseDuration, "leader-elect-lease-duration", 15*time.Second, "how long a silent leader is waited for")
	set.DurationVar(&o.renew, "leader-elect-renew-deadline", 10*time.Second, "how long a leader tries to renew before it steps down")
	set.DurationVar(&o.retry, "leader-elect-retry-period", 2*time.Second, "time between tries to lead or to renew")
	set.DurationVar(&o.pendingTimeout, "placement-timeout", 5*time.Second, "how long a placement may take before it is decided anew")
	set.DurationVar(&o.cleanup, "cleanup-deadline", time.Minute, "how long a deleted session waits for an absent Redis")
	set.DurationVar(&o.stop, "shutdown-timeout", 10*time.Second, "how long work under way may take at the end")
	set.StringVar(&o.apiListen, "api-listen", "", "address of the session API; empty turns it off")
	set.StringVar(&o.apiNamespace, "api-namespace", "", "namespace in which the session API creates sessions")
	set.StringVar(&o.issuersFile, "issuers", "", "file that names the issuers whose tokens the session API trusts")
	set.DurationVar(&o.apiWait, "api-wait", 5*time.Second, "how long a creation waits for its session to be placed, 0s to 1m")
	set.IntVar(&o.workers, "workers", 16, "sessions looked at at a time, 1 to 64")
	set.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, usage)
			set.SetOutput(out)
			set.PrintDefaults()
		}
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	o.qps, o.burst = 200, 400
	return o, o.check()
}

func (o *options) check() error {
	if _, err := journal.NewKeys(o.keyPrefix); err != nil {
		return fmt.Errorf("--key-prefix: %w", err)
	}
	if !slices.Contains([]string{"json", "text"}, o.logFormat) {
		return fmt.Errorf("--log-format is %q, it must be json or text", o.logFormat)
	}
	var level slog.Level
	if level.UnmarshalText([]byte(o.logLevel)) != nil || !slices.Contains([]string{"debug", "info", "warn", "error"}, o.logLevel) {
		return fmt.Errorf("--log-level is %q, it must be debug, info, warn or error", o.logLevel)
	}
	if err := o.checkAPI(); err != nil {
		return err
	}
	if o.workers < 1 || o.workers > 64 {
		return fmt.Errorf("--workers is %d, it must be from 1 to 64", o.workers)
	}
	for name, d := range map[string]time.Duration{
		"leader-elect-retry-period": o.retry, "placement-timeout": o.pendingTimeout,
		"cleanup-deadline": o.cleanup, "shutdown-timeout": o.stop,
	} {
		if d <= 0 {
			return fmt.Errorf("--%s is %s, it must be above 0", name, d)
		}
	}
	if o.renew >= o.leaseDuration || o.retry*6/5 >= o.renew {
		return fmt.Errorf("--leader-elect-lease-duration (%s) must be above --leader-elect-renew-deadline (%s), "+
			"and that above 1.2 times --leader-elect-retry-period (%s)", o.leaseDuration, o.renew, o.retry)
	}
	return nil
}

// checkAPI reads what the session API needs, if it is on.
func (o *options) checkAPI() (err error) {
	if o.apiListen == "" {
		return nil
	}
	if o.apiNamespace == "" || o.issuersFile == "" {
		return errors.New("--api-listen needs --api-namespace and --issuers")
	}
	if o.apiWait < 0 || o.apiWait > time.Minute {
		return fmt.Errorf("--api-wait is %s, it must be from 0s to 1m", o.apiWait)
	}
	if o.issuers, err = identity.Load(o.issuersFile); err != nil {
		return fmt.Errorf("--issuers: %w", err)
	}
	return nil
}

func (o *options) logHandler(w io.Writer) slog.Handler {
	var level slog.Level
	_ = level.UnmarshalText([]byte(o.logLevel)) // checked in parse
	if o.logFormat == "text" {
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	}
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
}

func (o *options) manager() ctrl.Options {
	return ctrl.Options{
		Scheme:                        setup.Scheme(),
		Metrics:                       metricsserver.Options{BindAddress: o.metricsAddr},
		HealthProbeBindAddress:        o.probeAddr,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              leaseID,
		LeaderElectionNamespace:       o.leaseNamespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &o.leaseDuration,
		RenewDeadline:                 &o.renew,
		RetryPeriod:                   &o.retry,
		GracefulShutdownTimeout:       &o.stop,
		Cache:                         o.cache(),
		Client: client.Options{Cache: &client.CacheOptions{
			// Read one by one and rarely; a cache would need the right to list them.
			DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}},
		}},
	}
}

// cache keeps the pods of shards only.
func (o *options) cache() cache.Options {
	shards, err := labels.NewRequirement(v1alpha1.LabelPool, selection.Exists, nil)
	if err != nil {
		panic("the selector of shards is a constant: " + err.Error())
	}
	options := cache.Options{ByObject: map[client.Object]cache.ByObject{
		&corev1.Pod{}: {Label: labels.NewSelector().Add(*shards)},
	}}
	if o.namespaces != "" {
		options.DefaultNamespaces = map[string]cache.Config{}
		for _, name := range strings.Split(o.namespaces, ",") {
			options.DefaultNamespaces[strings.TrimSpace(name)] = cache.Config{}
		}
	}
	return options
}

func (o *options) controllers() setup.Options {
	return setup.Options{KeyPrefix: o.keyPrefix, Session: gamesession.Options{
		PendingTimeout: o.pendingTimeout, CleanupDeadline: o.cleanup, Workers: o.workers,
	}}
}
