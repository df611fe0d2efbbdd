// SPDX-License-Identifier: Apache-2.0

// Package httpapi is what every HTTP interface of the product shares: the one
// body of errors, strict request bodies, and who calls.
package httpapi
