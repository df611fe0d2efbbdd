// SPDX-License-Identifier: Apache-2.0

// Package trace tells where the time of single commands goes, as spans of
// OpenTelemetry, exported by OTLP over HTTP.
//
// The trace of a command follows from its name (see [Command.Trace]). So shards that
// know nothing of each other draw the same commands and write into the same trace:
// the one that relays it, the one that applies it, and the one to which it is sent
// again after a move.
package trace
