// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testRun is a call of the program that runs tests, to the end of its line.
var testRun = regexp.MustCompile(`(?m)(gotestsum|"?\$\{?go\}?"? test)\b(?:.*\\\n)*.*$`)

// TestNoSuiteIsCached: Go keeps results by what a test program itself has read. It
// does not know of the programs that tests run, or of what those read.
func TestNoSuiteIsCached(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", "hack", "gotest.sh"))
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(script), "set -euo pipefail")
	runs := testRun.FindAllString(code, -1)
	if len(runs) != 1 {
		t.Errorf("hack/gotest.sh runs tests in %d places, want one for all suites: %q", len(runs), runs)
	}
	for _, run := range runs {
		if !strings.Contains(run, " -- -count=1 ") {
			t.Errorf("results may be cached: %s", run)
		}
	}
}
