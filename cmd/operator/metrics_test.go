// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"gamesession.dev/operator/test/docpart"
)

var update = flag.Bool("update", false, "write the operator's part of docs/metrics.md anew")

func TestMetricsAreDocumented(t *testing.T) {
	all, is := metrics.Registry.(prometheus.Collector)
	if !is {
		t.Fatal("the registry does not describe what it has")
	}
	kind := func(_ prometheus.Collector, name string) string {
		if strings.HasSuffix(name, "_total") {
			return "counter"
		}
		return "histogram"
	}
	table, _ := docpart.MetricTable(kind, all) // the others are of controller-runtime and the Go runtime
	docpart.Check(t, "../../docs/metrics.md", "written by `go test ./cmd/operator -run Documented -update`", table, *update)
}
