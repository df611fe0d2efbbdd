// SPDX-License-Identifier: Apache-2.0

package auth

import "slices"

// Verb is what a member of a session may want to do in it.
type Verb string

// The verbs.
const (
	Watch      Verb = "watch"       // connect, read the state, the history and the roster, in the role's view
	Act        Verb = "act"         // declare actions; which ones is for the rules to say
	Talk       Verb = "talk"        // say something that the others see
	Join       Verb = "join"        // get a session token
	Leave      Verb = "leave"       // take tokens out of use
	Kick       Verb = "kick"        // let go, who may join again
	Ban        Verb = "ban"         // keep out, and let in again
	Edit       Verb = "edit"        // set right what the rules decided
	Rewind     Verb = "rewind"      // undo, go back to an earlier version
	End        Verb = "end"         // end the session
	Export     Verb = "export"      // read the journal of a session that has ended
	ExportLive Verb = "export_live" // read it, hidden things included, before that
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
	Verbs = []Verb{Watch, Act, Talk, Join, Leave, Kick, Ban, Edit, Rewind, End, Export, ExportLive}
)

// permission is one cell of the table.
type permission struct {
	role  Role
	verb  Verb
	whose Whose
}

// permitted is the table. What is not in it is denied.
var permitted = map[permission]bool{
	{GameMaster, Watch, Own}:         true,
	{GameMaster, Act, Own}:           true,
	{GameMaster, Talk, Others}:       true,
	{GameMaster, Join, Own}:          true,
	{GameMaster, Leave, Own}:         true,
	{GameMaster, Kick, Others}:       true,
	{GameMaster, Ban, Others}:        true,
	{GameMaster, Edit, Others}:       true,
	{GameMaster, Rewind, Others}:     true,
	{GameMaster, End, Others}:        true,
	{GameMaster, Export, Others}:     true,
	{GameMaster, ExportLive, Others}: true,

	{Player, Watch, Own}:     true,
	{Player, Act, Own}:       true,
	{Player, Talk, Others}:   true,
	{Player, Join, Own}:      true,
	{Player, Leave, Own}:     true,
	{Player, Export, Others}: true,

	{Spectator, Watch, Own}: true,
	{Spectator, Join, Own}:  true,
	{Spectator, Leave, Own}: true,
}

// Allowed says whether the holder of a session token may do something in a
// session, to itself or to others. It is the only place that decides so; what
// the rules of the game forbid, they forbid beyond it.
func (c Claims) Allowed(session string, verb Verb, whose Whose) bool {
	return c.Session == session && slices.Contains(Roles, c.Role) && permitted[permission{c.Role, verb, whose}]
}
