// SPDX-License-Identifier: Apache-2.0

package docpart

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// ours is how the description of one of our metrics prints itself; there is no other
// way to read what has no sample yet.
var ours = regexp.MustCompile(`fqName: "(gamesession_[^"]+)", help: "([^"]+)", .*variableLabels: \{([^}]*)\}`)

// MetricTable is what a document says of the metrics of collectors, by name. Kind
// tells a metric's type by its collector and name. Others are the descriptions that
// are not ours, or that cannot be read: they are left out.
func MetricTable(kind func(c prometheus.Collector, name string) string, collectors ...prometheus.Collector) (table string, others []string) {
	var rows []string
	for _, c := range collectors {
		descs := make(chan *prometheus.Desc)
		go func() {
			defer close(descs)
			c.Describe(descs)
		}()
		for d := range descs {
			m := ours.FindStringSubmatch(d.String())
			if m == nil {
				others = append(others, d.String())
				continue
			}
			labels := m[3]
			if labels != "" {
				labels = "`" + labels + "`"
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", m[1], kind(c, m[1]), labels, m[2]))
		}
	}
	slices.Sort(rows)
	return "| name | type | labels | what |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n", others
}
