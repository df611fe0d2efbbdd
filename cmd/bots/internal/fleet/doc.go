// SPDX-License-Identifier: Apache-2.0

// Package fleet runs bots: one WebSocket client for every player and game
// master of every session. The bot whose turn it is plays it, at a pace that
// gives each session a steady rate of commands; all of them check what they are
// told, all the time.
package fleet
