// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

var (
	metricName  = regexp.MustCompile(`gamesession_[a-z_]+`)
	histogramOf = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// TestAlertsNameMetricsThatExist: an alert on what nobody exports never fires, and
// who is woken by one looks it up.
func TestAlertsNameMetricsThatExist(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "config", "prometheus", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rule struct {
		Spec struct {
			Groups []struct {
				Rules []struct{ Alert, Expr string }
			}
		}
	}
	if err := yaml.Unmarshal(data, &rule); err != nil {
		t.Fatal(err)
	}
	alerts := 0
	for _, g := range rule.Spec.Groups {
		for _, r := range g.Rules {
			names := metricName.FindAllString(r.Expr, -1)
			if r.Alert == "" || len(names) == 0 {
				t.Errorf("alert %q asks for no metric: %s", r.Alert, r.Expr)
			}
			for _, name := range names {
				if !strings.Contains(string(doc), "`"+histogramOf.ReplaceAllString(name, "")+"`") {
					t.Errorf("alert %s: there is no metric %s", r.Alert, name)
				}
			}
			if !strings.Contains(string(runbook), "alert `"+r.Alert+"`") {
				t.Errorf("docs/operations.md does not say what to do about alert %s", r.Alert)
			}
			alerts++
		}
	}
	if alerts == 0 {
		t.Error("there are no alerts")
	}
}
