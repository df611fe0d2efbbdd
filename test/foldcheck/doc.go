// SPDX-License-Identifier: Apache-2.0

// Command foldcheck compares the two sides of the evidence once a play is over:
// the journals in Redis, and what the bots logged of what they were told. It
// shares no code with the bots but the form of their logs.
//
// Of every session in the logs it reads all the journal still keeps, folds it,
// and checks that
//
//   - versions have no gap and epochs never fall;
//   - every acknowledged command is in the journal once, where its
//     acknowledgement said;
//   - no command that was refused for good is in it, and none is in it twice;
//   - every view has, at every version that can be folded, the hash that every
//     bot saw there.
//
// A journal drops what two snapshots cover. Of an acknowledged command that is
// no longer kept, the update that the bots saw has to be the evidence.
//
// It prints one line and exits with 1 when anything was wrong, with 2 when it
// could not find out.
package main
