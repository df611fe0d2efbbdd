// SPDX-License-Identifier: Apache-2.0

// Package sessionapi creates sessions over REST on a real API server, with the
// shipped roles.
package sessionapi
