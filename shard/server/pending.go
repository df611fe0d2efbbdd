// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"encoding/json"
	"slices"

	"gamesession.dev/operator/shard/wire"
)

// pendingMax bounds the commands of one connection that have no answer.
const pendingMax = 32

// pending are the commands of a client that have no answer yet, in order. They
// are sent again wherever the connection attaches next; a command that was
// applied meanwhile gets its first answer.
type pending struct {
	list []wire.ActionDeclare
	// refused are the last ones that were refused for good. A client that waits
	// long sends copies; one that is read after the refusal of the first must not
	// reach another owner, who might allow it.
	refused []refusedCommand
}

// refusedCommand is one whose answer is no.
type refusedCommand struct {
	declare wire.ActionDeclare
	frame   []byte // the refusal
}

// refuse notes the refusal of the command with counter n, unless it asks to send
// the command again.
func (p *pending) refuse(n uint64, frame []byte) {
	i := p.index(n)
	var f struct {
		Data wire.Refusal `json:"data"`
	}
	if i < 0 || json.Unmarshal(frame, &f) != nil || f.Data.Retry {
		return
	}
	if len(p.refused) >= pendingMax {
		p.refused = slices.Delete(p.refused, 0, 1)
	}
	p.refused = append(p.refused, refusedCommand{p.list[i], slices.Clone(frame)})
}

// again returns the refusal of a command that was refused for good before.
func (p *pending) again(d wire.ActionDeclare) ([]byte, bool) {
	for _, r := range p.refused {
		if r.declare.N == d.N && r.declare.ActionID == d.ActionID && bytes.Equal(r.declare.Action, d.Action) {
			return r.frame, true
		}
	}
	return nil, false
}

// add takes a command in, if there is room for it. One that is not fresh is under
// way already: were it passed on once more, a refusal could be followed by its
// being applied.
func (p *pending) add(d wire.ActionDeclare) (fresh, room bool) {
	if i := p.index(d.N); i >= 0 {
		same := p.list[i].ActionID == d.ActionID && bytes.Equal(p.list[i].Action, d.Action)
		p.list[i] = d
		return !same, true
	}
	if len(p.list) >= pendingMax {
		return false, false
	}
	p.list = append(p.list, d)
	return true, true
}

// answered forgets the command with counter n.
func (p *pending) answered(n uint64) {
	if i := p.index(n); i >= 0 {
		p.list = slices.Delete(p.list, i, i+1)
	}
}

func (p *pending) index(n uint64) int {
	return slices.IndexFunc(p.list, func(d wire.ActionDeclare) bool { return d.N == n })
}
