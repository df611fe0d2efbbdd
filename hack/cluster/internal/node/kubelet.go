// SPDX-License-Identifier: Apache-2.0

package node

import (
	"encoding/json"
	"fmt"

	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/pki"
)

// CgroupRoot is the node's cgroup, below every controller's root.
func CgroupRoot(n layout.Node) string { return "/" + layout.CgroupParent + "/" + n.Name }

// KubeletConfig renders the node's kubelet configuration (JSON is YAML). Both
// cgroup versions serve. Images are never collected, since no registry could
// give them again, and a full disk evicts nothing.
func KubeletConfig(c layout.Cluster, n layout.Node, resolvConf string) ([]byte, error) {
	store := pki.Store{Dir: c.PKI()}
	config := map[string]any{
		"apiVersion":                  "kubelet.config.k8s.io/v1beta1",
		"kind":                        "KubeletConfiguration",
		"address":                     n.IP,
		"port":                        n.KubeletPort,
		"readOnlyPort":                0,
		"healthzBindAddress":          "127.0.0.1",
		"healthzPort":                 n.HealthzPort,
		"authentication":              map[string]any{"anonymous": map[string]any{"enabled": false}, "webhook": map[string]any{"enabled": true}, "x509": map[string]any{"clientCAFile": store.Cert(pki.CA)}},
		"authorization":               map[string]any{"mode": "Webhook"},
		"tlsCertFile":                 store.Cert(n.Name),
		"tlsPrivateKeyFile":           store.Key(n.Name),
		"clusterDomain":               layout.Domain,
		"clusterDNS":                  []string{layout.DNSAddress},
		"resolvConf":                  resolvConf,
		"containerRuntimeEndpoint":    "unix://" + c.ContainerdSocket(n),
		"cgroupDriver":                "cgroupfs",
		"cgroupRoot":                  CgroupRoot(n),
		"failCgroupV1":                false,
		"failSwapOn":                  false,
		"featureGates":                map[string]bool{"KubeletInUserNamespace": true},
		"makeIPTablesUtilChains":      false,
		"podLogsDir":                  c.NodePath(n, "pod-logs"),
		"volumePluginDir":             c.NodePath(n, "volume-plugins"),
		"staticPodPath":               "",
		"imageGCHighThresholdPercent": 100,
		"evictionHard":                map[string]string{"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
		"shutdownGracePeriod":         "0s",
		"maxPods":                     110,
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("rendering the configuration of kubelet: %w", err)
	}
	return append(text, '\n'), nil
}

// KubeletConfigPath is where that configuration lies.
func KubeletConfigPath(c layout.Cluster, n layout.Node) string {
	return c.NodePath(n, "kubelet.json")
}

// KubeletArgs is the command line of the node's kubelet.
func KubeletArgs(c layout.Cluster, n layout.Node) []string {
	return []string{
		c.Program("kubelet"),
		"--config=" + KubeletConfigPath(c, n),
		"--kubeconfig=" + c.Path("pki", n.Name+".kubeconfig"),
		"--root-dir=" + c.NodePath(n, "kubelet"),
		"--hostname-override=" + n.Name,
		"--node-ip=" + n.IP,
	}
}

// HealthURL answers 200 while the node's kubelet works.
func HealthURL(n layout.Node) string {
	return fmt.Sprintf("http://127.0.0.1:%d/healthz", n.HealthzPort)
}
