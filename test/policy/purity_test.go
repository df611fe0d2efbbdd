// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pure are the packages that compute and nothing else, and what they may
// import beside the standard library and the packages of arrows.
var pure = map[string][]string{
	"api/v1alpha1":          {"k8s.io/api/", "k8s.io/apimachinery/"},
	"controllers/placement": {"k8s.io/api/", "k8s.io/apimachinery/"},
	"controllers/resources": {"k8s.io/api/", "k8s.io/apimachinery/"},
	"shard/rules":           {},
	"shard/rules/content":   {},
	"shard/rules/dice":      {},
	"shard/rules/grid":      {},
	"shard/rules/plainjson": {},
	"shard/rules/srd":       {},
}

// impure are the parts of the standard library that reach out of a function.
var impure = []string{"context", "crypto/rand", "io/fs", "io/ioutil", "log", "math/rand", "net", "os", "runtime", "syscall", "testing", "unsafe"}

// spans are the names of package time that speak of a length of time and look
// at no clock.
var spans = []string{
	"Duration", "ParseDuration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour",
}

// impurities tells what in a file of a pure package is not pure.
func impurities(pkg string, tree *ast.File) []string {
	var wrong []string
	for _, spec := range tree.Imports {
		path := strings.Trim(spec.Path.Value, "`\"")
		switch {
		case slices.ContainsFunc(impure, func(banned string) bool { return path == banned || strings.HasPrefix(path, banned+"/") }):
			wrong = append(wrong, fmt.Sprintf("%s is pure and must not import %s", pkg, path))
		case path == "time" && (spec.Name != nil || strings.HasPrefix(pkg, "shard/")):
			wrong = append(wrong, fmt.Sprintf("%s is pure and must not import %s", pkg, path))
		case strings.Contains(path, ".") && !strings.HasPrefix(path, module+"/") && !hasPrefix(path, pure[pkg]...):
			wrong = append(wrong, fmt.Sprintf("%s is pure and must not import %s", pkg, path))
		}
	}
	ast.Inspect(tree, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			if base, ok := node.X.(*ast.Ident); ok && base.Name == "time" && !slices.Contains(spans, node.Sel.Name) {
				wrong = append(wrong, fmt.Sprintf("%s is pure and must not use time.%s", pkg, node.Sel.Name))
			}
		case *ast.GoStmt:
			wrong = append(wrong, fmt.Sprintf("%s is pure and must not start goroutines", pkg))
		}
		return true
	})
	return wrong
}

func TestPurePackages(t *testing.T) {
	for _, pkg := range packages(t) {
		if _, isPure := pure[pkg.path]; !isPure {
			if strings.HasPrefix(pkg.path, "shard/rules/") {
				t.Errorf("%s belongs to the rules and must be listed as pure", pkg.path)
			}
			continue
		}
		for _, file := range pkg.files {
			if file.test() {
				continue
			}
			for _, wrong := range impurities(pkg.path, file.tree) {
				t.Errorf("%s: %s", file.path, wrong)
			}
		}
	}
}

func TestImpuritiesAreSeen(t *testing.T) {
	tests := map[string]struct {
		pkg, text string
		want      []string
	}{
		"clean":             {"shard/rules", `import "fmt"`, nil},
		"file":              {"shard/rules", `import "os"`, []string{"shard/rules is pure and must not import os"}},
		"below net":         {"shard/rules", `import "net/http"`, []string{"shard/rules is pure and must not import net/http"}},
		"structured log":    {"shard/rules", `import "log/slog"`, []string{"shard/rules is pure and must not import log/slog"}},
		"luck":              {"shard/rules/dice", `import "math/rand/v2"`, []string{"shard/rules/dice is pure and must not import math/rand/v2"}},
		"mathematics":       {"shard/rules/dice", `import "math"`, nil},
		"any time in rules": {"shard/rules", `import "time"`, []string{"shard/rules is pure and must not import time"}},
		"a span elsewhere":  {"controllers/resources", `import "time"; var x = 3 * time.Second`, nil},
		"a clock":           {"controllers/resources", `import "time"; var x = time.Now()`, []string{"controllers/resources is pure and must not use time.Now"}},
		"a hidden clock":    {"controllers/resources", `import . "time"; var x = Now()`, []string{"controllers/resources is pure and must not import time"}},
		"types":             {"controllers/resources", `import "k8s.io/api/core/v1"`, nil},
		"client":            {"controllers/resources", `import "k8s.io/client-go/rest"`, []string{"controllers/resources is pure and must not import k8s.io/client-go/rest"}},
		"types in rules":    {"shard/rules", `import "k8s.io/api/core/v1"`, []string{"shard/rules is pure and must not import k8s.io/api/core/v1"}},
		"goroutine":         {"shard/rules", `func f() { go f() }`, []string{"shard/rules is pure and must not start goroutines"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tree, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x; "+tc.text, 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, impurities(tc.pkg, tree)); diff != "" {
				t.Errorf("impurities (-want +got):\n%s", diff)
			}
		})
	}
}
