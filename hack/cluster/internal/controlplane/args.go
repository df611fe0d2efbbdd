// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"

	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/pki"
)

// Issuer names the cluster in service-account tokens.
const Issuer = "https://kubernetes.default.svc." + layout.Domain

// EtcdArgs is the command line of the store. It does not sync to disk: the
// cluster's objects do not outlive the machine.
func EtcdArgs(c layout.Cluster) []string {
	return []string{
		c.Program("etcd"),
		"--name=default",
		"--data-dir=" + c.Path("etcd"),
		"--unsafe-no-fsync",
		"--listen-client-urls=" + layout.EtcdClientURL,
		"--advertise-client-urls=" + layout.EtcdClientURL,
		"--listen-peer-urls=" + layout.EtcdPeerURL,
		"--initial-advertise-peer-urls=" + layout.EtcdPeerURL,
		"--initial-cluster=default=" + layout.EtcdPeerURL,
		"--log-level=warn",
	}
}

// APIServerArgs is the command line of the API server. It listens on the
// bridge, which the machine and its pods reach and nobody else.
func APIServerArgs(c layout.Cluster) []string {
	store := pki.Store{Dir: c.PKI()}
	return []string{
		c.Program("kube-apiserver"),
		"--etcd-servers=" + layout.EtcdClientURL,
		"--bind-address=" + layout.APIServerIP,
		"--advertise-address=" + layout.APIServerIP,
		fmt.Sprintf("--secure-port=%d", layout.APIServerPort),
		"--service-cluster-ip-range=" + layout.ServiceCIDR,
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--client-ca-file=" + store.Cert(pki.CA),
		"--tls-cert-file=" + store.Cert(APIServer),
		"--tls-private-key-file=" + store.Key(APIServer),
		"--service-account-issuer=" + Issuer,
		"--service-account-key-file=" + store.Key(pki.ServiceAccount),
		"--service-account-signing-key-file=" + store.Key(pki.ServiceAccount),
		"--kubelet-certificate-authority=" + store.Cert(pki.CA),
		"--kubelet-client-certificate=" + store.Cert(KubeletClient),
		"--kubelet-client-key=" + store.Key(KubeletClient),
		"--kubelet-preferred-address-types=InternalIP",
		"--event-ttl=1h",
	}
}

// ControllerManagerArgs is the command line of the controller manager.
func ControllerManagerArgs(c layout.Cluster) []string {
	store := pki.Store{Dir: c.PKI()}
	return []string{
		c.Program("kube-controller-manager"),
		"--kubeconfig=" + ComponentKubeconfig(c, ControllerManager),
		"--bind-address=127.0.0.1",
		"--leader-elect=false",
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + store.Key(pki.ServiceAccount),
		"--root-ca-file=" + store.Cert(pki.CA),
		"--flex-volume-plugin-dir=" + c.Path("volume-plugins"), // it makes the folder
	}
}

// SchedulerArgs is the command line of the scheduler.
func SchedulerArgs(c layout.Cluster) []string {
	return []string{
		c.Program("kube-scheduler"),
		"--kubeconfig=" + ComponentKubeconfig(c, Scheduler),
		"--bind-address=127.0.0.1",
		"--leader-elect=false",
	}
}

// KubeProxyArgs is the command line of kube-proxy. Both nodes share the
// machine's network, so one serves them; it leaves the machine's connection
// tracking limits as they are.
func KubeProxyArgs(c layout.Cluster) []string {
	return []string{
		c.Program("kube-proxy"),
		"--kubeconfig=" + ComponentKubeconfig(c, KubeProxy),
		"--proxy-mode=nftables",
		"--hostname-override=" + layout.Nodes()[0].Name,
		"--cluster-cidr=" + layout.PodCIDR,
		"--healthz-bind-address=127.0.0.1:10256",
		"--metrics-bind-address=127.0.0.1:10249",
		"--conntrack-max-per-core=0",
		"--conntrack-tcp-timeout-established=0",
		"--conntrack-tcp-timeout-close-wait=0",
	}
}

// CoreDNSArgs is the command line of the DNS server.
func CoreDNSArgs(c layout.Cluster) []string {
	return []string{c.Program("coredns"), "-conf", CorefilePath(c)}
}

// ComponentKubeconfig is where the kubeconfig of a component lies.
func ComponentKubeconfig(c layout.Cluster, name string) string {
	return c.Path("pki", name+".kubeconfig")
}

// CorefilePath is where the DNS server's configuration lies.
func CorefilePath(c layout.Cluster) string { return c.Path("Corefile") }

// DNSReadyURL answers 200 once the DNS server knows the cluster's Services.
const DNSReadyURL = "http://127.0.0.1:8181/ready"

// Corefile is the DNS server's configuration: the cluster's own names, and no
// others, are answered.
func Corefile(c layout.Cluster) string {
	return fmt.Sprintf(`.:53 {
    bind %s
    errors
    ready 127.0.0.1:8181
    kubernetes %s in-addr.arpa {
        kubeconfig %s
        ttl 5
    }
    cache 5
}
`, layout.DNSAddress, layout.Domain, ComponentKubeconfig(c, CoreDNS))
}

// DNSRole lets the DNS server's user read what it answers from.
const DNSRole = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: gamesession:coredns
rules:
- apiGroups: [""]
  resources: [services, namespaces]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: gamesession:coredns
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: gamesession:coredns
subjects:
- apiGroup: rbac.authorization.k8s.io
  kind: User
  name: system:coredns
`
