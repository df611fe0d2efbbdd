// SPDX-License-Identifier: Apache-2.0

package scene

import "testing"

func TestSum(t *testing.T) {
	const text = `# HELP stale_total appends refused
# TYPE stale_total counter
stale_total{level="a b}"} 2
stale_total{level="c"} 3
stale_total_other 9
plain_total 7 1700000000
`
	for name, want := range map[string]float64{"stale_total": 5, "plain_total": 7, "absent": 0} {
		if got, err := sum(text, name); err != nil || got != want {
			t.Errorf("sum(%s) = %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := sum("stale_total x\n", "stale_total"); err == nil {
		t.Error("a value that is no number is taken")
	}
}
