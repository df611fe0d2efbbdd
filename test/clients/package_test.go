// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tool is a program that hack/gotest.sh has installed.
func tool(name string) string {
	return filepath.Join(os.Getenv("CLIENT_TOOLS"), "node_modules/.bin", name)
}

// packed builds the package of clients/ts as a release does, and returns a directory
// into which it is installed from its tarball, and what that holds.
func packed(t *testing.T) (dir string, files []string) {
	t.Helper()
	source, dir := t.TempDir(), t.TempDir()
	check(t, os.CopyFS(source, os.DirFS("../../clients/ts")))
	check(t, os.RemoveAll(filepath.Join(source, "dist")))
	run(t, tool("tsc"), "-p", source, "--outDir", filepath.Join(source, "dist"))
	run(t, "npm", "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", dir, source)
	tarballs, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	check(t, err)
	if len(tarballs) != 1 {
		t.Fatalf("npm pack has made %v", tarballs)
	}
	return dir, unpack(t, tarballs[0], filepath.Join(dir, "node_modules/@gamesession/client"))
}

func unpack(t *testing.T, tarball, into string) (files []string) {
	t.Helper()
	file, err := os.Open(tarball)
	check(t, err)
	defer func() { _ = file.Close() }()
	compressed, err := gzip.NewReader(file)
	check(t, err)
	for archive := tar.NewReader(compressed); ; {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		check(t, err)
		name := strings.TrimPrefix(entry.Name, "package/")
		files = append(files, name)
		content, err := io.ReadAll(archive)
		check(t, err)
		to := filepath.Join(into, filepath.FromSlash(name))
		check(t, os.MkdirAll(filepath.Dir(to), 0o700))
		check(t, os.WriteFile(to, content, 0o600))
	}
}

// TestPackage: what npm would publish has what it says and nothing else, needs
// nothing, and is imported with its types.
func TestPackage(t *testing.T) {
	dir, files := packed(t)
	sources, err := filepath.Glob("../../clients/ts/src/*.ts")
	check(t, err)
	want := []string{"LICENSE", "README.md", "package.json"}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".ts")
		want = append(want, "dist/"+name+".js", "dist/"+name+".d.ts")
	}
	slices.Sort(files)
	slices.Sort(want)
	if !slices.Equal(files, want) {
		t.Errorf("the package holds %v, want %v", files, want)
	}
	manifest(t, dir)
	licence(t, dir)

	script := filepath.Join(dir, "use.mjs")
	check(t, os.WriteFile(script, []byte(`import * as all from '@gamesession/client'; console.log(Object.keys(all).sort().join(' '));`), 0o600))
	const exports = "Client ClosedError EndedError TooManyPendingError View connect hashOf tickets"
	if got := strings.TrimSpace(node(t, script)); got != exports {
		t.Errorf("it exports %q, want %q", got, exports)
	}
	typed := filepath.Join(dir, "use.mts")
	check(t, os.WriteFile(typed, []byte(`
import { connect, tickets, type Answer, type ClientEvent, type Credentials, type Options } from '@gamesession/client';
const where = { url: 'http://127.0.0.1', session: 's1' };
const token: Credentials = tickets({ ...where, headers: () => ({}) });
const options: Options = { ...where, token, observe: (e: ClientEvent) => void e.type };
export const answer: Promise<Answer> = connect(options).then((c) => c.do({ type: 'start_combat' }));
// @ts-expect-error: there is no such option
export const wrong: Options = { ...options, tokens: '' };
`), 0o600))
	run(t, tool("tsc"), "--noEmit", "--strict", "--module", "nodenext", "--moduleResolution", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", typed)
}

func manifest(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "node_modules/@gamesession/client/package.json"))
	check(t, err)
	var m map[string]any
	check(t, json.Unmarshal(text, &m))
	for _, none := range []string{"dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies"} {
		if m[none] != nil {
			t.Errorf("it has %s: %v", none, m[none])
		}
	}
	scripts, _ := m["scripts"].(map[string]any)
	for name := range scripts {
		if strings.Contains(name, "install") {
			t.Errorf("it runs %s where it is installed", name)
		}
	}
}

func licence(t *testing.T, dir string) {
	t.Helper()
	own, err := os.ReadFile(filepath.Join(dir, "node_modules/@gamesession/client/LICENSE"))
	check(t, err)
	root, err := os.ReadFile("../../LICENSE")
	check(t, err)
	if string(own) != string(root) {
		t.Error("its licence is another one than the repository's")
	}
}
