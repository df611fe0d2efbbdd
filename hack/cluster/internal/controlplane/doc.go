// SPDX-License-Identifier: Apache-2.0

// Package controlplane renders what the control plane runs with: identities,
// kubeconfigs, command lines and the DNS server's configuration. It starts and
// writes nothing.
package controlplane
