// SPDX-License-Identifier: Apache-2.0

package auth

import "slices"

// Verb is what a member of a session may want to do in it.
type Verb string

// The verbs.
const (
	Watch Verb = "watch" // connect, and see the role's view
	Act   Verb = "act"   // declare actions; which ones is for the rules to say
)

// Whose says whom a verb is about.
type Whose string

// Own is oneself or one's own; Others is anybody or anything else in the same
// session. What lies in another session is out of reach for every token.
const (
	Own    Whose = "own"
	Others Whose = "others"
)

// Roles are the roles of clients, and Verbs all verbs, in the order in which
// people read them.
var (
	Roles = []Role{GameMaster, Player, Spectator}
	Verbs = []Verb{Watch, Act}
)

// permission is one cell of the table.
type permission struct {
	role  Role
	verb  Verb
	whose Whose
}

// permitted is the table. What is not in it is denied.
var permitted = map[permission]bool{
	{GameMaster, Watch, Own}: true,
	{GameMaster, Act, Own}:   true,

	{Player, Watch, Own}: true,
	{Player, Act, Own}:   true,

	{Spectator, Watch, Own}: true,
}

// Allowed says whether the holder of a session token may do something in a
// session, to itself or to others. It is the only place that decides so; what
// the rules of the game forbid, they forbid beyond it.
func (c Claims) Allowed(session string, verb Verb, whose Whose) bool {
	return c.Session == session && slices.Contains(Roles, c.Role) && permitted[permission{c.Role, verb, whose}]
}
