// SPDX-License-Identifier: Apache-2.0

package server

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/test/docpart"
)

var update = flag.Bool("update", false, "write the parts of docs anew that are made from code")

// kind is the type of a metric, by the collector that makes it.
func kind(c prometheus.Collector, _ string) string {
	switch c.(type) {
	case prometheus.Histogram:
		return "histogram"
	case prometheus.Gauge, *prometheus.GaugeVec:
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
	table, others := docpart.MetricTable(kind, c.all...)
	if len(others) > 0 {
		t.Errorf("cannot read %v", others)
	}
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

// TestTimesAreMeasured where the client is: a relay is no connection of its own.
func TestTimesAreMeasured(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	a.create()
	gm, ann := a.player("gm", auth.GameMaster), b.player("ann", auth.Player)
	gm.acked(`{"type":"start_combat"}`)
	ann.until("initiative_roll")
	for _, sh := range []*shard{a, b} {
		if n := sh.metric("gamesession_connect_seconds", ""); n != 1 {
			t.Errorf("%s: %v connections were measured, want 1", sh.name, n)
		}
	}
	// The last of the clients has it before that is measured.
	st.await("the update to be measured", func() bool { return a.metric("gamesession_update_seconds", "") == 1 })
}
