// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// arrows says which packages of ours a package may import. Arrows point down
// only: the two planes meet in shard/registry, the rules know nobody. A
// package that does not exist yet may be listed; one that exists must be.
// The reconcilers may name shard/journal for the words the registry speaks in:
// modes, levels of durability, errors.
var arrows = map[string][]string{
	"api/v1alpha1": {},

	"controllers/placement":   {"api/v1alpha1"},
	"controllers/resources":   {"api/v1alpha1"},
	"controllers/report":      {},
	"controllers/health":      {"controllers/placement", "shard/journal", "shard/redisaddr", "shard/registry"},
	"controllers/fleet":       {"api/v1alpha1", "controllers/health", "controllers/placement", "controllers/resources", "shard/registry"},
	"controllers/gamesession": {"api/v1alpha1", "controllers/fleet", "controllers/health", "controllers/placement", "controllers/report", "controllers/resources", "shard/journal", "shard/plant", "shard/registry", "shard/rules", "shard/rules/srd"},
	"controllers/shardpool":   {"api/v1alpha1", "controllers/fleet", "controllers/health", "controllers/placement", "controllers/report", "controllers/resources", "shard/journal", "shard/redisaddr", "shard/registry"},
	"controllers/setup": {"api/v1alpha1", "controllers/fleet", "controllers/gamesession", "controllers/health", "controllers/resources",
		"controllers/sessionapi", "controllers/shardpool", "shard/journal", "shard/registry"},
	"controllers/sessionapi": {"api/v1alpha1", "controllers/resources", "shard/auth", "shard/auth/identity", "shard/httpapi", "shard/journal", "shard/limit", "shard/redisaddr", "shard/wire"},

	"shard/rules":                      {"shard/rules/content", "shard/rules/dice", "shard/rules/grid", "shard/rules/plainjson"},
	"shard/rules/content":              {"shard/rules/dice"},
	"shard/rules/dice":                 {},
	"shard/rules/grid":                 {},
	"shard/rules/plainjson":            {},
	"shard/rules/srd":                  {"shard/rules/content", "shard/rules/dice"},
	"shard/wire":                       {},
	"shard/auth":                       {"shard/wire"},
	"shard/auth/identity":              {"shard/auth"},
	"shard/auth/identity/identitytest": {},
	"shard/limit":                      {},
	"shard/certs":                      {},
	"shard/secret":                     {},
	"shard/redisaddr":                  {},
	"shard/audit":                      {"shard/limit"},
	"shard/httpapi":                    {"shard/auth", "shard/auth/identity", "shard/limit", "shard/wire"},
	"shard/failpoint":                  {},
	"shard/tcp":                        {},
	"shard/plant":                      {},
	"shard/journal":                    {"shard/failpoint", "shard/plant", "shard/tcp"},
	"shard/journal/journaltest":        {"shard/journal"},
	"shard/registry":                   {"shard/journal"},
	"shard/schema":                     {"shard/rules"},
	"shard/trace":                      {},
	"shard/trace/tracetest":            {},
	"shard/session":                    {"shard/audit", "shard/auth", "shard/failpoint", "shard/journal", "shard/limit", "shard/plant", "shard/registry", "shard/rules", "shard/rules/dice", "shard/rules/content", "shard/rules/plainjson", "shard/rules/srd", "shard/schema", "shard/trace", "shard/wire"},
	"shard/archive":                    {"shard/wire"},
	"shard/hub":                        {"shard/wire"},
	"shard/client":                     {"shard/wire"},
	"shard/session/sessiontest":        {"shard/journal", "shard/registry", "shard/session"},
	"shard/monitor":                    {"shard/journal", "shard/session"},
	"shard/host":                       {"shard/journal", "shard/registry", "shard/session"},
	"shard/server":                     {"shard/audit", "shard/auth", "shard/auth/identity", "shard/httpapi", "shard/journal", "shard/limit", "shard/monitor", "shard/registry", "shard/session", "shard/tcp", "shard/trace", "shard/wire"},
	"shard/rest":                       {"shard/auth", "shard/auth/identity", "shard/httpapi", "shard/journal", "shard/limit", "shard/registry", "shard/session", "shard/wire"},
	"shard/node": {"shard/archive", "shard/auth", "shard/auth/identity", "shard/certs", "shard/failpoint", "shard/host", "shard/httpapi", "shard/hub", "shard/journal", "shard/limit", "shard/monitor", "shard/redisaddr", "shard/registry", "shard/rest", "shard/rules",
		"shard/schema", "shard/secret", "shard/server", "shard/session", "shard/trace", "shard/wire"},
}

// product are the trees whose packages must be listed in arrows. Commands,
// tools and tests stand above them and may import any of them.
var product = []string{"api/", "controllers/", "shard/"}

// wrongArrows gives the imports that a package may not have, with the reason.
func wrongArrows(pkg string, imports []string) []string {
	var wrong []string
	allowed, listed := arrows[pkg]
	if !listed && hasPrefix(pkg, product...) {
		return []string{pkg + " is not in the table of import arrows: say there what it may import"}
	}
	for _, path := range imports {
		own, isOwn := strings.CutPrefix(path, module+"/")
		switch {
		case !isOwn:
		case listed && !slices.Contains(allowed, own):
			wrong = append(wrong, pkg+" must not import "+own)
		case hasPrefix(own, "cmd/") && !sameCommand(pkg, own) && !hasPrefix(pkg, "test/", "hack/"):
			wrong = append(wrong, pkg+" must not import the command "+own)
		case hasPrefix(own, "test/", "hack/") && !hasPrefix(pkg, "test/", "hack/"):
			wrong = append(wrong, pkg+" must not import "+own+" outside of tests")
		}
	}
	return wrong
}

// sameCommand tells whether both belong to one command, cmd/<name>/….
func sameCommand(a, b string) bool {
	first, second := strings.SplitN(a+"//", "/", 3), strings.SplitN(b+"//", "/", 3)
	return first[0] == second[0] && first[1] == second[1]
}

func TestImportArrows(t *testing.T) {
	for _, pkg := range packages(t) {
		for _, wrong := range wrongArrows(pkg.path, pkg.imports) {
			t.Error(wrong)
		}
	}
}

// The table itself must have no way back up.
func TestArrowsHaveNoCycle(t *testing.T) {
	var visit func(pkg string, trail []string)
	visit = func(pkg string, trail []string) {
		if slices.Contains(trail, pkg) {
			t.Fatalf("import arrows run in a circle: %s", strings.Join(append(trail, pkg), " -> "))
		}
		for _, next := range arrows[pkg] {
			if _, listed := arrows[next]; !listed {
				t.Errorf("%s may import %s, which the table does not list", pkg, next)
			}
			visit(next, append(slices.Clone(trail), pkg))
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(arrows)) {
		visit(pkg, nil)
	}
}

func TestWrongArrowsAreSeen(t *testing.T) {
	tests := map[string]struct {
		pkg    string
		imp    string
		wanted []string
	}{
		"allowed":               {"shard/session", "shard/rules", nil},
		"upwards":               {"shard/rules", "shard/session", []string{"shard/rules must not import shard/session"}},
		"across the planes":     {"shard/server", "api/v1alpha1", []string{"shard/server must not import api/v1alpha1"}},
		"not in the table":      {"shard/magic", "shard/wire", []string{"shard/magic is not in the table of import arrows: say there what it may import"}},
		"test code in product":  {"shard/journal", "test/redistest", []string{"shard/journal must not import test/redistest"}},
		"test code in command":  {"cmd/bots", "test/scene", []string{"cmd/bots must not import test/scene outside of tests"}},
		"test code in a test":   {"test/e2e", "test/scene", nil},
		"command, own part":     {"cmd/bots", "cmd/bots/internal/check", nil},
		"command, another's":    {"cmd/shard", "cmd/bots/botlog", []string{"cmd/shard must not import the command cmd/bots/botlog"}},
		"commands import below": {"cmd/shard", "shard/node", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := wrongArrows(tc.pkg, []string{"fmt", module + "/" + tc.imp})
			if diff := cmp.Diff(tc.wanted, got); diff != "" {
				t.Errorf("wrong arrows (-want +got):\n%s", diff)
			}
		})
	}
}
