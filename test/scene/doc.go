// SPDX-License-Identifier: Apache-2.0

// Package scene sets the stage that the demo, the handoff benchmark and the
// end-to-end tests share: the operator from the shipped manifests, a Redis, a
// pool of shards, game sessions with a fight each, and bots that play them. It
// then does to the cluster what happens to clusters, and collects what the
// players saw.
//
// Everything goes through the doors that users have: kubectl, the API, the
// front-door Service. Only faults that no user causes (SIGKILL and SIGSTOP of a
// process) reach around them, by process id on the machine of the local cluster.
//
// Waiting is always for a condition, with a limit; an error says what was
// missing last. A Scene is for one caller at a time.
package scene
