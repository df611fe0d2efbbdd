// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kubectl runs the real program, as a user would.
type kubectl struct {
	path       string
	kubeconfig string
	plugins    string // folder put first on PATH
}

func (k kubectl) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, k.path, args...)
	cmd.Env = append(os.Environ(), "PATH="+k.plugins+":"+os.Getenv("PATH"))
	if k.kubeconfig != "" {
		cmd.Env = append(cmd.Env, "KUBECONFIG="+k.kubeconfig)
	}
	return cmd
}

// run returns standard output; an error carries standard error.
func (k kubectl) run(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := k.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("running kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// findKubectl takes the local cluster's own kubectl, or the user's.
func findKubectl(ctx context.Context, opts Options) (kubectl, error) {
	k := kubectl{kubeconfig: opts.Kubeconfig, plugins: filepath.Join(opts.Dist, "bin")}
	if !opts.Local() {
		path, err := exec.LookPath("kubectl")
		if err != nil {
			return k, fmt.Errorf("finding kubectl: %w", err)
		}
		k.path = path
		return k, nil
	}
	out, err := exec.CommandContext(ctx, "go", "-C", filepath.Join(opts.Root, "hack", "cluster"), "run", ".", "assets").Output()
	if err != nil {
		return k, fmt.Errorf("asking the local cluster for its kubectl: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	k.path = filepath.Join(lines[len(lines)-1], "kubectl")
	return k, nil
}
