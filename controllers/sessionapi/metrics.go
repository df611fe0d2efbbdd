// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var answers = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "gamesession", Subsystem: "api", Name: "answers_total", Help: "Answers of the session API, by operation and code.",
}, []string{"operation", "code"})

func init() { metrics.Registry.MustRegister(answers) }
