// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gamesession.dev/operator/hack/cluster/internal/host"
)

// RedisName is the image that Redis makes.
const RedisName = "docker.io/gamesession/redis:7"

// Redis packs the machine's redis-server and redis-cli with the libraries that
// they load. It starts redis-server as a user without rights, in /data.
func Redis(ctx context.Context) (Spec, error) {
	server, cli := host.Which("redis-server"), host.Which("redis-cli")
	if server == "" || cli == "" {
		return Spec{}, errors.New("no redis-server and redis-cli here: install the packages redis-server and redis-tools")
	}
	var entries []Entry
	libraries := map[string]bool{}
	for _, program := range []string{server, cli} {
		// One file may go by several names (redis-check-rdb and so on).
		real, err := filepath.EvalSymlinks(program)
		if err != nil {
			return Spec{}, fmt.Errorf("finding %s: %w", program, err)
		}
		entries = append(entries, Entry{Path: "/usr/bin/" + filepath.Base(program), Source: real, Mode: 0o755})
		out, err := host.Run(ctx, 20*time.Second, "ldd", real)
		if err != nil {
			return Spec{}, err
		}
		for _, lib := range parseLdd(out) {
			libraries[lib] = true
		}
	}
	for lib := range libraries {
		real, err := filepath.EvalSymlinks(lib)
		if err != nil {
			return Spec{}, fmt.Errorf("finding a library: %w", err)
		}
		entries = append(entries, Entry{Path: lib, Source: real, Mode: 0o755})
	}
	entries = append(entries, Entry{Path: "/data", Mode: 0o755, Owner: NonRoot})
	return Spec{
		Name: RedisName, Entries: entries, Entrypoint: []string{"/usr/bin/redis-server"},
		User: NonRoot, WorkingDir: "/data",
	}, nil
}

// parseLdd returns the absolute paths in the output of ldd, the loader's too.
// The kernel's own library has no path and is left out.
func parseLdd(out string) []string {
	var libs []string
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		i := slices.IndexFunc(fields, func(f string) bool { return strings.HasPrefix(f, "/") })
		if i >= 0 {
			libs = append(libs, fields[i])
		}
	}
	return libs
}
