// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// server builds a frame as a server sends it.
func server(opcode byte, payload []byte) []byte {
	out := []byte{0x80 | opcode}
	switch n := len(payload); {
	case n < 126:
		out = append(out, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 127), uint64(n))
	}
	return append(out, payload...)
}

func TestFrame(t *testing.T) {
	for name, size := range map[string]int{"empty": 0, "short": 125, "medium": 126, "long": 65535, "longest": 65536} {
		t.Run(name, func(t *testing.T) {
			payload := bytes.Repeat([]byte{'x'}, size)
			whole := server(Text, payload)
			for _, cut := range []int{0, 1, 2, len(whole) / 2, len(whole) - 1} {
				if _, _, n := frame(whole[:min(cut, len(whole)-1)]); n != 0 {
					t.Errorf("%d of %d bytes count as a frame of %d", cut, len(whole), n)
				}
			}
			opcode, got, n := frame(append(bytes.Clone(whole), 0x89, 0))
			if opcode != Text || n != len(whole) || !bytes.Equal(got, payload) {
				t.Errorf("opcode %d, %d bytes of payload, size %d of %d", opcode, len(got), n, len(whole))
			}
		})
	}
}
