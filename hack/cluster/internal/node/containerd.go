// SPDX-License-Identifier: Apache-2.0

package node

import (
	"bytes"
	"fmt"
	"text/template"

	"gamesession.dev/operator/hack/cluster/internal/layout"
)

// Everything that containerd would keep in well-known places of the machine is
// moved below the node's folder, so that a container engine that is already
// there is not disturbed and a stop can remove it all.
var containerdConfig = template.Must(template.New("containerd").Parse(`version = 3
root = "{{.Root}}"
state = "{{.State}}"

[grpc]
  address = "{{.Socket}}"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "{{.PauseImage}}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["{{.CNIBin}}"]
    conf_dir = "{{.CNIConf}}"
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      runtime_path = "{{.Shim}}"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        BinaryName = "{{.Runc}}"
        Root = "{{.RuncRoot}}"
        SystemdCgroup = false

[plugins."io.containerd.shim.v1.manager"]
  socket_dir = "{{.ShimSockets}}"

[plugins."io.containerd.internal.v1.opt"]
  path = "{{.Opt}}"

[plugins."io.containerd.nri.v1.nri"]
  disable = true
`))

// Tools are the paths of what the machine's packages bring.
type Tools struct {
	Runc   string
	CNIBin string // folder of the CNI plugins
}

// ContainerdConfig renders the node's containerd configuration.
func ContainerdConfig(c layout.Cluster, n layout.Node, tools Tools) ([]byte, error) {
	var out bytes.Buffer
	err := containerdConfig.Execute(&out, map[string]string{
		"Root":        c.NodePath(n, "containerd"),
		"State":       c.NodePath(n, "run"),
		"Socket":      c.ContainerdSocket(n),
		"PauseImage":  layout.PauseImage,
		"CNIBin":      tools.CNIBin,
		"CNIConf":     c.NodePath(n, "cni"),
		"Shim":        c.Program("containerd-shim-runc-v2"),
		"Runc":        tools.Runc,
		"RuncRoot":    c.NodePath(n, "runc"),
		"ShimSockets": c.NodePath(n, "s"),
		"Opt":         c.NodePath(n, "opt"),
	})
	if err != nil {
		return nil, fmt.Errorf("rendering the configuration of containerd: %w", err)
	}
	return out.Bytes(), nil
}

// ContainerdConfigPath is where that configuration lies.
func ContainerdConfigPath(c layout.Cluster, n layout.Node) string {
	return c.NodePath(n, "containerd.toml")
}

// ContainerdArgs is the command line of the node's containerd.
func ContainerdArgs(c layout.Cluster, n layout.Node) []string {
	return []string{c.Program("containerd"), "--config", ContainerdConfigPath(c, n)}
}
