// SPDX-License-Identifier: Apache-2.0

// Package tt1 is scenario TT-1: tables of ten players with one WebSocket each. A
// player acts only on its turn; an action is an attack (d20 + 6 against AC 14, d8 +
// 4 damage) that ends the turn, and everyone at the table is told by one frame.
// The next player acts when all ten have it, at once or at its slot of a fixed
// schedule. It is played in the same way against any server that has a [Game].
package tt1
