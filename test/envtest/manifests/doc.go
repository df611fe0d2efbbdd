// SPDX-License-Identifier: Apache-2.0

// Package manifests tests what the API server refuses, with the message that
// users read.
package manifests
