// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongUsage(t *testing.T) {
	t.Setenv("GAMESESSION_CLUSTER_DIR", "relative")
	for name, args := range map[string][]string{
		"nothing":             {},
		"unknown command":     {"start"},
		"argument too many":   {"up", "now"},
		"unknown set":         {"build", "--only", "some"},
		"unknown flag":        {"build", "--fast"},
		"image without name":  {"image", "--binary", "/bin/true"},
		"image with label":    {"image", "--name", "a/b:c", "--binary", "/bin/true", "--label", "x"},
		"load of nothing":     {"load"},
		"bad state folder":    {"kubeconfig"},
		"redis with argument": {"redis-image", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := dispatch(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
				t.Errorf("dispatch(%q) = %v, want wrong usage", args, err)
			}
		})
	}
}

func TestImageGoesToTheCacheFolder(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("GAMESESSION_CACHE", cache)
	binary := filepath.Join(t.TempDir(), "shard")
	if err := os.WriteFile(binary, []byte("x"), 0o755); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	args := []string{"image", "--name", "gamesession/shard:dev", "--binary", binary, "--label", "build=2"}
	if err := dispatch(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(cache, "images", "gamesession_shard_dev.tar")
	if got := strings.TrimSpace(out.String()); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if _, err := os.Stat(want); err != nil {
		t.Error(err)
	}
}
