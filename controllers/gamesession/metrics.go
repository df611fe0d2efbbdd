// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Metrics of the operator. None is labelled by session, player or shard.
var (
	movesTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gamesession_moves_total",
		Help: "Completed changes of owner, by mode and reason.",
	}, []string{"mode", "reason"})
	retriesTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gamesession_placement_retries_total",
		Help: "Placements decided anew because the one before did not come true, by mode.",
	}, []string{"mode"})
	pauseSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "gamesession_move_pause_seconds",
		Help:    "How long no command was taken in a change of owner, as the new owner measured it, by mode.",
		Buckets: []float64{.005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"mode"})
)

func init() { metrics.Registry.MustRegister(movesTotal, retriesTotal, pauseSeconds) }
