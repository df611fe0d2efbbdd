// SPDX-License-Identifier: Apache-2.0

package server

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/test/docpart"
)

var update = flag.Bool("update", false, "write the parts of docs anew that are made from code")

// words are how a description prints itself; the registry has no other way to
// give what has no sample yet.
var words = regexp.MustCompile(`fqName: "([^"]+)", help: "([^"]+)", .*variableLabels: \{([^}]*)\}`)

// kinds are the types of metrics, by the collector that makes them.
func kind(c prometheus.Collector) string {
	switch c.(type) {
	case prometheus.Histogram:
		return "histogram"
	case prometheus.Gauge:
		return "gauge"
	}
	return "counter"
}

// collectors keeps what is registered with it.
type collectors struct {
	prometheus.Registerer
	all []prometheus.Collector
}

func (c *collectors) MustRegister(add ...prometheus.Collector) { c.all = append(c.all, add...) }

func TestMetricsAreDocumented(t *testing.T) {
	var c collectors
	NewMetrics(&c)
	var rows []string
	for _, collector := range c.all {
		descs := make(chan *prometheus.Desc, 16)
		collector.Describe(descs)
		close(descs)
		for d := range descs {
			m := words.FindStringSubmatch(d.String())
			if m == nil {
				t.Fatalf("cannot read %s", d)
			}
			label := m[3]
			if label != "" {
				label = "`" + label + "`"
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", m[1], kind(collector), label, m[2]))
		}
	}
	slices.Sort(rows)
	table := "| name | type | labels | what |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	docpart.Check(t, "../../docs/metrics.md", "written by `go test ./shard/server -run Documented -update`", table, *update)
}

// TestNoLabelNamesAnybody plays on two shards and looks for what was used there
// in what is scraped.
func TestNoLabelNamesAnybody(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	a.create()
	gm, ann := a.player("gm", auth.GameMaster), b.player("ann", auth.Player)
	gm.acked(`{"type":"start_combat"}`)
	ann.declare(`{"type":"start_combat"}`)
	ann.until("refusal")
	st.handoff(a, b, 2)
	gm.declare(`{"type":"start_combat"}`)
	gm.until("refusal")
	eve := b.dialWith(st.token("eve", auth.Player, time.Now().Add(time.Hour)))
	eve.say("sync_request", struct{}{})
	eve.closed()
	for name, sh := range st.shards {
		ops := httptest.NewServer(OpsHandler(sh.gatherer, func() Readiness { return nil }, noEvidence))
		resp, err := http.Get(ops.URL + "/metrics")
		check(t, err)
		text, err := io.ReadAll(resp.Body)
		check(t, err)
		_ = resp.Body.Close()
		ops.Close()
		if !strings.Contains(string(text), "gamesession_commands_refused_total{code=") {
			t.Errorf("shard %s: nothing was scraped:\n%s", name, text)
		}
		for line := range strings.Lines(string(text)) {
			_, labels, found := strings.Cut(line, "{")
			for _, who := range []string{testSession, "gm", "ann", "eve", "aria", "goblin", "duel"} {
				if found && !strings.HasPrefix(line, "#") && regexp.MustCompile(`"`+who+`"`).MatchString(labels) {
					t.Errorf("shard %s: a label names %s: %s", name, who, line)
				}
			}
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
