// SPDX-License-Identifier: Apache-2.0

// Package build builds the cluster's programs from pinned modules into a cache
// folder that is keyed by the pins. A program appears there only when it is
// complete, so a build that was cut short resumes where it stopped.
package build
