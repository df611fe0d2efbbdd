// SPDX-License-Identifier: Apache-2.0

package build

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func names(programs []Program) []string {
	var out []string
	for _, p := range programs {
		out = append(out, p.Name)
	}
	return out
}

func TestSelect(t *testing.T) {
	for name, tc := range map[string]struct {
		set    string
		want   []string
		wantOK bool
	}{
		"envtest": {set: "envtest", want: []string{"etcd", "kube-apiserver", "kubectl"}, wantOK: true},
		"all":     {want: names(Programs()), wantOK: true},
		"unknown": {set: "some"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Select(tc.set)
			if (err == nil) != tc.wantOK {
				t.Fatalf("Select(%q) error = %v, want ok %v", tc.set, err, tc.wantOK)
			}
			if diff := cmp.Diff(tc.want, names(got)); diff != "" {
				t.Errorf("Select(%q) (-want +got):\n%s", tc.set, diff)
			}
		})
	}
}

// pinsIn writes a tree of pin files and returns its root.
func pinsIn(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range pinFiles {
		file := filepath.Join(root, "hack", "cluster", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestSourceDirAndKey(t *testing.T) {
	root := pinsIn(t)
	want := filepath.Join(root, "hack", "cluster")
	for _, cwd := range []string{root, want, filepath.Join(want, "coredns")} {
		got, err := SourceDir(cwd)
		if err != nil || got != want {
			t.Errorf("SourceDir(%s) = %s, %v; want %s", cwd, got, err, want)
		}
	}
	if _, err := SourceDir(t.TempDir()); err == nil {
		t.Error("SourceDir outside of a repository = nil error")
	}
	before, err := Key(want)
	if err != nil || !strings.HasPrefix(before, "k8s-"+Version+"-") {
		t.Fatalf("Key = %q, %v", before, err)
	}
	if err := os.WriteFile(filepath.Join(want, "coredns", "go.sum"), []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	if after, err := Key(want); err != nil || after == before {
		t.Errorf("Key after a pin changed = %q, %v; want another than before", after, err)
	}
}

func TestEnsureResumes(t *testing.T) {
	root := t.TempDir()
	bin := filepath.Join(root, "bin")
	module := filepath.Join(root, "demo")
	for file, text := range map[string]string{
		filepath.Join(module, "go.mod"):  "module demo\n\ngo 1.26.0\n",
		filepath.Join(module, "main.go"): "package main\n\nfunc main() {}\n",
		filepath.Join(bin, "first"):      "already built",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	b := &Builder{Source: root, Bin: bin, Out: io.Writer(&out)}
	programs := []Program{{Name: "first", Module: "demo", Package: "."}, {Name: "second", Module: "demo", Package: "."}}
	if err := b.Ensure(t.Context(), programs); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "first") || !strings.Contains(out.String(), "build 1/1 second done in") {
		t.Errorf("progress = %q, want only second", out.String())
	}
	if missing, err := Missing(bin, programs); err != nil || len(missing) != 0 {
		t.Errorf("Missing = %v, %v; want none", names(missing), err)
	}
	broken := []Program{{Name: "third", Module: "demo", Package: "./none"}}
	if err := b.Ensure(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "building third") {
		t.Errorf("Ensure of a broken program = %v", err)
	}
}
