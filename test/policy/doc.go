// SPDX-License-Identifier: Apache-2.0

// Package policy holds the repository to its own rules: which package may
// import which, which packages stay pure, and what every source file carries.
// Its tests read the source; there is nothing to import.
package policy
