// SPDX-License-Identifier: Apache-2.0

// Package placement decides: which shard is to own a session, and which pods a
// pool should have. It is pure: a snapshot goes in, decisions come out, the same
// ones for the same snapshot. It has no client and no clock.
//
// Sessions ([Decide]). A session goes to the shard with the fewest
// sessions that takes new ones, shards of the pool's current template first. It
// leaves a shard that drains, that is dead, that holds more than it takes, or
// because somebody asks. A live owner is asked to hand off; a dead one is
// replaced. A decision that does not come true is taken again with a higher
// epoch; after [MaxAborts] of them the next owner takes over without asking. A
// session whose owner key is missing although it had one is never started
// afresh.
//
// Promises, kept by properties: no shard is bound to more than its capacity by a
// decision; what drains or is not heard of is never chosen; when all decisions
// have come true, there is none left to take.
//
// Pods ([PlanPool]). A rollout adds one pod, waits until it is ready, drains one
// old pod, and goes on when that is gone. Pods on a node that is being emptied
// drain at once while others are made elsewhere. Scaling in drains the emptiest.
package placement
