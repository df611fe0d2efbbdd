// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"os/exec"
	"testing"
)

// good returns flags that are right but for what is given.
func good(f *Fleet, override ...string) []string {
	return append([]string{
		"--name", "a", "--pool", Pool, "--advertise", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
		"--redis-url", f.Redis.URL(), "--signing-keys", f.keysDir,
	}, override...)
}

// runShard runs the shard until it ends by itself.
func runShard(t *testing.T, f *Fleet, args []string) (out string, code int) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), f.binary, args...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(text), exit.ExitCode()
	}
	check(t, err)
	return string(text), 0
}
