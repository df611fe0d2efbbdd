// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"gamesession.dev/operator/test/docpart"
)

var update = flag.Bool("update", false, "write the operator's part of docs/metrics.md anew")

// words are how a description of ours prints itself; the registry has no other
// way to give what has no sample yet.
var words = regexp.MustCompile(`fqName: "(gamesession_[^"]+)", help: "([^"]+)", .*variableLabels: \{([^}]*)\}`)

func TestMetricsAreDocumented(t *testing.T) {
	all, is := metrics.Registry.(prometheus.Collector)
	if !is {
		t.Fatal("the registry does not describe what it has")
	}
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		all.Describe(descs)
	}()
	var rows []string
	for d := range descs {
		m := words.FindStringSubmatch(d.String())
		if m == nil {
			continue // of controller-runtime or the Go runtime
		}
		kind := "histogram"
		if strings.HasSuffix(m[1], "_total") {
			kind = "counter"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | `%s` | %s |", m[1], kind, m[3], m[2]))
	}
	slices.Sort(rows)
	table := "| name | type | labels | what |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	docpart.Check(t, "../../docs/metrics.md", "written by `go test ./cmd/operator -run Documented -update`", table, *update)
}
