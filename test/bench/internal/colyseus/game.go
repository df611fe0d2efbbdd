// SPDX-License-Identifier: Apache-2.0

package colyseus

import (
	"bytes"
	"encoding/binary"

	"gamesession.dev/operator/test/bench/internal/sock"
	"gamesession.dev/operator/test/bench/internal/tt1"
)

// The codes of the library's protocol that are used here.
const (
	codeJoin = 10
	codeData = 13
)

// Act is message "act" with {n, target} in MessagePack.
func (*Stage) Act(out []byte, seat int, n uint64) []byte {
	var room [64]byte
	b := append(room[:0], codeData, 0xa3, 'a', 'c', 't', 0x82, 0xa1, 'n', 0xce)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	b = append(b, 0xa6, 't', 'a', 'r', 'g', 'e', 't', byte(tt1.Target(seat)))
	return append(sock.Append(out, sock.Binary, len(b)), b...)
}

var (
	eventHead = []byte("\x0d\xa5event")
	noHead    = []byte("\x0d\xa2no")
	seqKey    = []byte("\xa3seq")
	turnKey   = []byte("\xa4turn")
)

// Read looks at no more of a frame than it needs.
func (*Stage) Read(payload []byte) tt1.Told {
	switch {
	case bytes.HasPrefix(payload, eventHead):
		return tt1.Told{Kind: tt1.Update, Seq: number(payload, seqKey), Turn: int(number(payload, turnKey))}
	case bytes.HasPrefix(payload, noHead):
		return tt1.Told{Kind: tt1.Refused}
	}
	return tt1.Told{Kind: tt1.Other}
}

// number reads the unsigned number behind a key.
func number(payload, key []byte) uint64 {
	at := bytes.Index(payload, key)
	if at < 0 {
		return 0
	}
	rest := payload[at+len(key):]
	switch {
	case len(rest) > 0 && rest[0] < 0x80:
		return uint64(rest[0])
	case len(rest) > 1 && rest[0] == 0xcc:
		return uint64(rest[1])
	case len(rest) > 2 && rest[0] == 0xcd:
		return uint64(binary.BigEndian.Uint16(rest[1:]))
	case len(rest) > 4 && rest[0] == 0xce:
		return uint64(binary.BigEndian.Uint32(rest[1:]))
	}
	return 0
}
