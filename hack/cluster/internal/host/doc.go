// SPDX-License-Identifier: Apache-2.0

// Package host changes the machine for the cluster and changes it back:
// packages, the bridge, cgroups, mounts and kernel settings. Every step can be
// repeated, and every removal is content with nothing to remove.
package host
