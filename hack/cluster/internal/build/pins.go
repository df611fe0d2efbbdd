// SPDX-License-Identifier: Apache-2.0

package build

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// pinFiles decide what is built; they key the cache.
var pinFiles = []string{
	"kubernetes/go.mod", "kubernetes/go.sum",
	"containerd/go.mod", "containerd/go.sum",
	"coredns/go.mod", "coredns/go.sum", "coredns/main.go",
	"pause/main.go",
}

// SourceDir finds the folder of the pins (hack/cluster) from the working folder
// or one of its parents.
func SourceDir(cwd string) (string, error) {
	for dir := cwd; ; dir = filepath.Dir(dir) {
		for _, candidate := range []string{dir, filepath.Join(dir, "hack", "cluster")} {
			if _, err := os.Stat(filepath.Join(candidate, "kubernetes", "go.mod")); err == nil {
				return candidate, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no hack/cluster at or above %s: run this inside the repository", cwd)
		}
	}
}

// Key returns the name of the cache folder for the pins in src.
func Key(src string) (string, error) {
	sum := sha256.New()
	for _, name := range pinFiles {
		text, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return "", fmt.Errorf("reading pins: %w", err)
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(text))
		sum.Write(text)
	}
	return "k8s-" + Version + "-" + hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// CacheRoot is the folder that holds the cache folders: GAMESESSION_CACHE, or
// gamesession below the user's cache folder.
func CacheRoot() (string, error) {
	if dir := os.Getenv("GAMESESSION_CACHE"); dir != "" {
		if !filepath.IsAbs(dir) {
			return "", fmt.Errorf("GAMESESSION_CACHE=%q is not an absolute path", dir)
		}
		return filepath.Clean(dir), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder (set GAMESESSION_CACHE): %w", err)
	}
	return filepath.Join(dir, "gamesession"), nil
}

// Missing returns those of the programs that are not in bin.
func Missing(bin string, programs []Program) ([]Program, error) {
	var missing []Program
	for _, p := range programs {
		_, err := os.Stat(filepath.Join(bin, p.Name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, p)
		case err != nil:
			return nil, fmt.Errorf("looking for built programs: %w", err)
		}
	}
	return missing, nil
}
