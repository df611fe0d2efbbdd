// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// The frames that play consists of are written and read without the general
// encoder: the bytes are the same, which tests compare, for a fraction of the
// work.

// EncodeUpdate is [Encode] for an update, but that no changes are an empty list: one
// that only tells something has none. Values and events must be compact JSON.
func EncodeUpdate(t Type, u *Update) []byte {
	// Frames are kept for who comes back: what is reserved and not used is, too.
	out := append(make([]byte, 0, u.size()), `{"type":"`...)
	out = append(append(out, t...), `","data":{"update_id":`...)
	out = appendString(out, u.UpdateID)
	out = u.Position.append(append(out, ','))
	out = strconv.AppendUint(append(out, `,"from":`...), u.From, 10)
	if u.By != "" {
		out = appendString(append(out, `,"by":`...), u.By)
	}
	if u.ActionID != "" {
		out = appendString(append(out, `,"action_id":`...), u.ActionID)
	}
	out = appendChanges(append(out, `,"changes":`...), u.Changes)
	if len(u.Events) > 0 {
		out = append(out, `,"events":[`...)
		for i, e := range u.Events {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, e...)
		}
		out = append(out, ']')
	}
	out = appendString(append(out, `,"hash":`...), u.Hash)
	out = strconv.AppendInt(append(out, `,"timestamp":`...), u.Timestamp, 10)
	return append(out, '}', '}')
}

// size is what an update takes when it is encoded, or little more.
func (u *Update) size() int {
	n := 200 + len(u.UpdateID) + len(u.By) + len(u.ActionID) + len(u.Hash)
	for i := range u.Changes {
		c := &u.Changes[i]
		n += len(`{"path":""},`) + len(c.Path)
		if len(c.Value) > 0 {
			n += len(`,"value":`) + len(c.Value)
		}
		if len(c.Previous) > 0 {
			n += len(`,"previous":`) + len(c.Previous)
		}
	}
	for _, e := range u.Events {
		n += len(e) + 1
	}
	return n
}

func appendChanges(out []byte, changes []Change) []byte {
	out = append(out, '[')
	for i := range changes {
		c := &changes[i]
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(append(out, `{"path":`...), c.Path)
		if len(c.Value) > 0 {
			out = append(append(out, `,"value":`...), c.Value...)
		}
		if len(c.Previous) > 0 {
			out = append(append(out, `,"previous":`...), c.Previous...)
		}
		out = append(out, '}')
	}
	return append(out, ']')
}

// EncodeAck is [Encode] for an acknowledgement.
func EncodeAck(a Ack) []byte {
	out := append(make([]byte, 0, 128+len(a.ActionID)), `{"type":"ack","data":{"n":`...)
	out = strconv.AppendUint(out, a.N, 10)
	out = appendString(append(out, `,"action_id":`...), a.ActionID)
	out = a.Position.append(append(out, ','))
	if a.Repeated {
		out = append(out, `,"repeated":true`...)
	}
	return append(out, '}', '}')
}

// EncodeState writes the leaves of a view as [SyncResponse] has them.
func EncodeState(leaves map[string]json.RawMessage) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(leaves); err != nil {
		panic("encoding a view: " + err.Error()) // a mistake of whoever rendered it
	}
	return bytes.Clone(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
}

// EncodeSync is [Encode] for the answer to a sync_request that asks for the whole
// view, whose leaves are encoded already.
func EncodeSync(p Position, state []byte, hash string, lastN uint64) []byte {
	out := append(make([]byte, 0, 160+len(state)), `{"type":"sync_response","data":{`...)
	out = append(append(p.append(out), `,"state":`...), state...)
	if hash != "" {
		out = appendString(append(out, `,"hash":`...), hash)
	}
	out = strconv.AppendUint(append(out, `,"last_n":`...), lastN, 10)
	return append(out, '}', '}')
}

func (p Position) append(out []byte) []byte {
	out = strconv.AppendUint(append(out, `"epoch":`...), p.Epoch, 10)
	return strconv.AppendUint(append(out, `,"version":`...), p.Version, 10)
}

// appendString writes a string as [Encode] does.
func appendString(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendEscaped(out, text)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}

func appendEscaped(out []byte, text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string always encodes
	return append(out, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
}

// DecodeDeclare reads a command that is spelled as most clients spell it: without
// spaces, and its fields in the order of the documentation. False says nothing
// about the message: it is for [DecodeRequest]. The action is a JSON object and
// shares the message's memory.
func DecodeDeclare(message []byte) (ActionDeclare, bool) {
	var d ActionDeclare
	rest, ok := bytes.CutPrefix(message, []byte(`{"type":"action_declare","data":{"n":`))
	if !ok {
		return d, false
	}
	digits := 0
	for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
		d.N = d.N*10 + uint64(rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 16 || digits > 1 && rest[0] == '0' {
		return d, false
	}
	if rest, ok = bytes.CutPrefix(rest[digits:], []byte(`,"action_id":"`)); !ok {
		return d, false
	}
	id, rest, ok := bytes.Cut(rest, []byte(`","action":{`))
	if !ok || !bytes.HasSuffix(rest, []byte(`}}`)) {
		return d, false
	}
	for _, c := range id {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return d, false
		}
	}
	action := message[len(message)-len(rest)-1 : len(message)-len(`}}`)]
	if inspect(message) != nil || !json.Valid(action) {
		return d, false
	}
	d.ActionID, d.Action = string(id), action
	return d, true
}
