// SPDX-License-Identifier: Apache-2.0

// Package image builds container images from files, without a container engine:
// one layer, no base, as an archive that containerd imports. The same files
// give the same bytes.
package image
