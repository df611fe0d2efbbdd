// SPDX-License-Identifier: Apache-2.0

// Package fault hurts a stage. Each fault has the name it has in
// docs/robustness.md, heals by itself, and says whether it really bit.
package fault
