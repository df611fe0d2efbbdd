// SPDX-License-Identifier: Apache-2.0

// Package gamesession binds each GameSession to a shard and sees the binding
// through.
//
// A pass is a list of phases over a [scope]: gather (pool, scenario, Redis),
// track what came true, decide, drive. The binding is written to
// status.placement by compare-and-set before anything of it reaches Redis; what
// a pass does next follows from status.placement and Redis alone, so that a
// restart at any point ends in the same place. Conditions are computed from the
// scope on every pass; Events go out only after the status that they speak of
// was written.
//
// What is kept in memory only makes things faster or rarer: how long a binding
// has been pending, which bindings the cache does not show yet, when the slow
// part of the status was last written.
package gamesession
