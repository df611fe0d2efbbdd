// SPDX-License-Identifier: Apache-2.0

// Package setup puts the controllers of the operator into a manager. The
// program and the tests against a real API server use the same one.
package setup

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/gamesession"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/shardpool"
)

// signalBuffer is how many signals wait for a controller. When it is full the
// watchers wait too.
const signalBuffer = 256

// recorderName is the reporting controller of Events.
const recorderName = "gamesession-operator"

// Options are what the two controllers share.
type Options struct {
	// KeyPrefix of the installation in Redis; empty means the default.
	KeyPrefix string
	Session   gamesession.Options
}

// Scheme knows all types that the operator reads and writes.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// Controllers adds both controllers and the watchers of health to mgr.
func Controllers(mgr ctrl.Manager, options Options) error {
	dial, err := health.Dialer(options.KeyPrefix)
	if err != nil {
		return err
	}
	options.Session.KeyPrefix = options.KeyPrefix
	toSessions, toPools := make(chan health.Event, signalBuffer), make(chan health.Event, signalBuffer)
	pools := health.NewPools(dial, mgr.GetLogger().WithName("health"), toSessions, toPools)
	if err := mgr.Add(pools); err != nil {
		return fmt.Errorf("adding the watchers of health: %w", err)
	}
	recorder := mgr.GetEventRecorder(recorderName)
	sessions := gamesession.New(mgr.GetClient(), mgr.GetAPIReader(), recorder, pools, options.Session)
	if err := sessions.SetupWithManager(mgr, toSessions); err != nil {
		return fmt.Errorf("setting up the controller of GameSessions: %w", err)
	}
	shards := shardpool.New(mgr.GetClient(), mgr.GetAPIReader(), recorder, pools, shardpool.Options{KeyPrefix: options.KeyPrefix})
	if err := shards.SetupWithManager(mgr, toPools); err != nil {
		return fmt.Errorf("setting up the controller of ShardPools: %w", err)
	}
	for _, add := range []func(string, healthz.Checker) error{mgr.AddHealthzCheck, mgr.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return fmt.Errorf("adding a probe: %w", err)
		}
	}
	return nil
}
