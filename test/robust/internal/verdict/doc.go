// SPDX-License-Identifier: Apache-2.0

// Package verdict judges one history when it is over: what clients were told,
// against what Redis has on disk. Its oracles are
//
//	L  commands and reads are linearizable (porcupine)
//	X  each acknowledged command is in the journal once, where it was acknowledged; versions have no gap
//	E  epochs never fall and are never given twice; only the owner of the moment writes, and only the one assigned takes over
//	H  what clients, snapshots and freezes hold is the fold of the journal, byte for byte
//	C  each client's stream is without hole and repetition
//	T  play goes on after the last fault
package verdict
