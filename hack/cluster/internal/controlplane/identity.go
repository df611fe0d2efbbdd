// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"encoding/json"
	"fmt"

	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/pki"
)

// Base names of the identities' files.
const (
	Admin             = "admin"
	APIServer         = "kube-apiserver"
	KubeletClient     = "kube-apiserver-kubelet-client"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	KubeProxy         = "kube-proxy"
	CoreDNS           = "coredns"
)

// Identities are all certificates of the cluster. The groups and users are
// those that Kubernetes binds roles to by default.
func Identities() []pki.Identity {
	ids := []pki.Identity{
		{File: Admin, User: "admin", Groups: []string{"system:masters"}},
		{File: APIServer, User: "kube-apiserver", Hosts: []string{
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc." + layout.Domain, "127.0.0.1", layout.APIServerIP, layout.KubernetesIP,
		}},
		{File: KubeletClient, User: "kube-apiserver-kubelet-client", Groups: []string{"system:masters"}},
		{File: ControllerManager, User: "system:kube-controller-manager"},
		{File: Scheduler, User: "system:kube-scheduler"},
		{File: KubeProxy, User: "system:kube-proxy"},
		{File: CoreDNS, User: "system:coredns"},
	}
	for _, n := range layout.Nodes() {
		ids = append(ids, pki.Identity{
			File: n.Name, User: "system:node:" + n.Name, Groups: []string{"system:nodes"}, Hosts: []string{n.Name, n.IP},
		})
	}
	return ids
}

// Kubeconfig renders (as JSON, which is YAML) a kubeconfig for the identity
// with the given PEM texts, so that the file is whole in itself.
func Kubeconfig(user string, ca, cert, key []byte) ([]byte, error) {
	type named map[string]any
	const name = "gamesession"
	config := map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": name,
		"clusters": []named{{"name": name, "cluster": map[string]any{
			"server":                     ServerURL(),
			"certificate-authority-data": ca, // []byte encodes as base64
		}}},
		"users": []named{{"name": user, "user": map[string]any{
			"client-certificate-data": cert,
			"client-key-data":         key,
		}}},
		"contexts": []named{{"name": name, "context": map[string]any{"cluster": name, "user": user}}},
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("rendering a kubeconfig: %w", err)
	}
	return append(text, '\n'), nil
}

// ServerURL is where the API server is reached from the machine and from pods.
func ServerURL() string {
	return fmt.Sprintf("https://%s:%d", layout.APIServerIP, layout.APIServerPort)
}
