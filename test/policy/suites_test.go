// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var suiteRun = regexp.MustCompile(`(?m)^  run .*$`)

// TestNoSuiteIsCached: Go keeps results by what a test program itself has read. It
// does not know of the programs that tests run, or of what those read.
func TestNoSuiteIsCached(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", "hack", "gotest.sh"))
	if err != nil {
		t.Fatal(err)
	}
	runs := suiteRun.FindAllString(string(script), -1)
	if len(runs) < 5 {
		t.Errorf("hack/gotest.sh runs %d suites", len(runs))
	}
	for _, run := range runs {
		if !strings.Contains(run, " -count=1 ") {
			t.Errorf("results may be cached:%s", run)
		}
	}
}
