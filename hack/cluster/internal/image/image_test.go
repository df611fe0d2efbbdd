// SPDX-License-Identifier: Apache-2.0

package image

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shard-linux")
	if err := os.WriteFile(path, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestArchiveOfABinary(t *testing.T) {
	bin := program(t)
	spec, err := Binary{Name: "gamesession/shard:dev", Path: bin, As: "shard", Files: []string{bin + ":/etc/shard/a"}, User: NonRoot, Labels: map[string]string{"build": "1"}}.Spec()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "images", "shard.tar")
	id, err := WriteArchive(spec, out)
	if err != nil {
		t.Fatal(err)
	}
	again, err := WriteArchive(spec, out)
	if err != nil || again != id {
		t.Errorf("second build = %s, %v; want the same as %s", again, err, id)
	}
	names, err := Names(out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"docker.io/gamesession/shard:dev"}, names); diff != "" {
		t.Errorf("Names (-want +got):\n%s", diff)
	}
	img, err := tarball.ImageFromPath(out, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	got := []string{config.Config.Entrypoint[0], config.Config.User, config.Config.WorkingDir, config.Config.Labels["build"], config.OS}
	if diff := cmp.Diff([]string{"/shard", "65532:65532", "/", "1", "linux"}, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestRefusedImages(t *testing.T) {
	bin := program(t)
	for name, tc := range map[string]struct{ binary Binary }{
		"no name":           {Binary{Path: bin}},
		"missing program":   {Binary{Name: "a/b:c", Path: bin + "x"}},
		"name with a slash": {Binary{Name: "a/b:c", Path: bin, As: "x/y"}},
		"file without dst":  {Binary{Name: "a/b:c", Path: bin, Files: []string{"/etc/hosts"}}},
		"relative dst":      {Binary{Name: "a/b:c", Path: bin, Files: []string{"/etc/hosts:etc/hosts"}}},
		"same file twice":   {Binary{Name: "a/b:c", Path: bin, As: "s", Files: []string{bin + ":/s"}}},
		"folder as program": {Binary{Name: "a/b:c", Path: filepath.Dir(bin)}},
	} {
		t.Run(name, func(t *testing.T) {
			spec, err := tc.binary.Spec()
			if err == nil {
				_, _, err = Build(spec)
			}
			if err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestParseLdd(t *testing.T) {
	const out = `	linux-vdso.so.1 (0x00007ffc)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
	/lib64/ld-linux-x86-64.so.2 (0x00007f)
`
	want := []string{"/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"}
	if diff := cmp.Diff(want, parseLdd(out)); diff != "" {
		t.Errorf("parseLdd (-want +got):\n%s", diff)
	}
}
