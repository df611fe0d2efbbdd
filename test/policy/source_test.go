// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "gamesession.dev/operator"

// source is one Go file. Path is relative to the root, with slashes.
type source struct {
	path      string
	text      []byte
	tree      *ast.File
	generated bool
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// goPackage is a directory of the root module with Go files in it. Imports
// are those of its files that are not tests.
type goPackage struct {
	path    string
	imports []string
	files   []source
}

// readSources parses every Go file of the repository, once.
var readSources = sync.OnceValues(func() ([]source, error) {
	root := filepath.Join("..", "..")
	var files []source
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := readSource(root, path)
		if err != nil {
			return err
		}
		files = append(files, file)
		return nil
	})
	return files, err
})

func readSource(root, path string) (source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	relative, err := filepath.Rel(root, path)
	if err != nil {
		return source{}, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	return source{path: filepath.ToSlash(relative), text: text, tree: tree, generated: ast.IsGenerated(tree)}, nil
}

func sources(t *testing.T) []source {
	t.Helper()
	files, err := readSources()
	if err != nil {
		t.Fatalf("reading the sources: %v", err)
	}
	if len(files) == 0 {
		t.Fatal("there are no sources")
	}
	return files
}

// packages gives the packages of the root module, sorted by path.
func packages(t *testing.T) []*goPackage {
	t.Helper()
	nested := nestedModules(t)
	byPath := map[string]*goPackage{}
	for _, file := range sources(t) {
		dir := filepath.ToSlash(filepath.Dir(file.path))
		if hasPrefix(dir+"/", nested...) {
			continue
		}
		pkg := byPath[dir]
		if pkg == nil {
			pkg = &goPackage{path: dir}
			byPath[dir] = pkg
		}
		pkg.files = append(pkg.files, file)
		if !file.test() {
			pkg.imports = append(pkg.imports, imports(t, file)...)
		}
	}
	list := make([]*goPackage, 0, len(byPath))
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		pkg := byPath[path]
		slices.Sort(pkg.imports)
		pkg.imports = slices.Compact(pkg.imports)
		list = append(list, pkg)
	}
	return list
}

// nestedModules gives the directories, with a slash, that have a go.mod of
// their own.
func nestedModules(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"*/go.mod", "*/*/go.mod", "*/*/*/go.mod"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			relative, err := filepath.Rel(filepath.Join("..", ".."), filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, filepath.ToSlash(relative)+"/")
		}
	}
	return list
}

func imports(t *testing.T, file source) []string {
	t.Helper()
	list := make([]string, len(file.tree.Imports))
	for i, spec := range file.tree.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: %v", file.path, err)
		}
		list[i] = path
	}
	return list
}

func hasPrefix(text string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
}

// maxLines is where a file is too long to read.
const maxLines = 600

// spdx is the licence line every file begins with.
const spdx = "// SPDX-License-Identifier: Apache-2.0"

func TestEveryFileNamesItsLicence(t *testing.T) {
	for _, file := range sources(t) {
		head, _, _ := bytes.Cut(file.text, []byte("\n"))
		if file.generated {
			head = file.text[:min(len(file.text), 400)] // a build constraint may come first
		}
		if !bytes.Contains(head, []byte(spdx)) {
			t.Errorf("%s does not begin with %q", file.path, spdx)
		}
	}
}

func TestNoFileIsTooLong(t *testing.T) {
	for _, file := range sources(t) {
		if lines := bytes.Count(file.text, []byte("\n")); lines > maxLines && !file.generated {
			t.Errorf("%s has %d lines, more than %d: split it", file.path, lines, maxLines)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, pkg := range packages(t) {
		documented := slices.ContainsFunc(pkg.files, func(file source) bool { return file.tree.Doc != nil })
		if !documented {
			t.Errorf("package %s has no doc comment", pkg.path)
		}
	}
}

// A name that says nothing collects what has no place.
func TestNoPackageIsADrawer(t *testing.T) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base"}
	for _, file := range sources(t) {
		for part := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(file.path)), "/") {
			if slices.Contains(banned, part) {
				t.Errorf("%s is in a package named %q: name what it does", file.path, part)
			}
		}
	}
}

// What is left to do is an issue, not a comment.
func TestNothingIsLeftForLater(t *testing.T) {
	marks := [][]byte{[]byte("TO" + "DO"), []byte("FIX" + "ME"), []byte("XX" + "X")}
	for _, file := range sources(t) {
		for number, line := range bytes.Split(file.text, []byte("\n")) {
			for _, mark := range marks {
				if bytes.Contains(line, mark) && !file.generated {
					t.Errorf("%s:%d: %s", file.path, number+1, mark)
				}
			}
		}
	}
}
