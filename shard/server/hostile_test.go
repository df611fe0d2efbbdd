// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity/identitytest"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/docpart"
)

// attacker is a client that sends whatever bytes it likes. It is built on a
// library that has nothing in common with the server's.
type attacker struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (sh *shard) attack(t *testing.T) *attacker {
	t.Helper()
	d := ws.Dialer{
		Protocols:  []string{wire.Subprotocol},
		Extensions: nil,
		Header:     ws.HandshakeHeaderHTTP(http.Header{wire.TokenHeader: {sh.stage.token("ann", auth.Player, time.Now().Add(time.Hour))}}),
	}
	nc, rest, _, err := d.Dial(t.Context(), "ws"+strings.TrimPrefix(sh.http.URL, "http")+clientPath)
	check(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	if rest == nil {
		rest = bufio.NewReader(nc)
	}
	return &attacker{Conn: nc, t: t, r: rest}
}

// raw builds one frame, masked as a client's must be.
func raw(op ws.OpCode, fin bool, rsv byte, payload []byte) []byte {
	var b bytes.Buffer
	mask := [4]byte{1, 2, 3, 4}
	h := ws.Header{Fin: fin, Rsv: rsv, OpCode: op, Masked: true, Mask: mask, Length: int64(len(payload))}
	if err := ws.WriteHeader(&b, h); err != nil {
		panic(err)
	}
	masked := bytes.Clone(payload)
	ws.Cipher(masked, mask, 0)
	b.Write(masked)
	return b.Bytes()
}

func text(payload string) []byte { return raw(ws.OpText, true, 0, []byte(payload)) }

func closing(code uint16, reason string) []byte {
	return raw(ws.OpClose, true, 0, append([]byte{byte(code >> 8), byte(code)}, reason...))
}

func unmasked(payload string) []byte { return ws.MustCompileFrame(ws.NewTextFrame([]byte(payload))) }

func (a *attacker) send(parts ...[]byte) {
	a.t.Helper()
	// The server may have closed while a long attack is under way.
	_, _ = a.Write(bytes.Join(parts, nil))
}

// frame reads one frame of the shard.
func (a *attacker) frame() (ws.Frame, error) {
	a.t.Helper()
	check(a.t, a.SetReadDeadline(time.Now().Add(20*time.Second)))
	f, err := ws.ReadFrame(a.r)
	if err == nil && (f.Header.Masked || f.Header.Rsv != 0) {
		a.t.Errorf("the shard sent a frame with header %+v", f.Header)
	}
	return f, err
}

// verdict reads up to a close frame, or to the answer of a sync, and returns the
// close code (0: none) and the codes of the errors before it.
func (a *attacker) verdict() (code ws.StatusCode, told []string) {
	a.t.Helper()
	for {
		f, err := a.frame()
		if err != nil {
			a.t.Fatalf("the connection ended without a close frame: %v", err)
		}
		if f.Header.OpCode == ws.OpClose {
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return code, told
		}
		if f.Header.OpCode != ws.OpText {
			continue
		}
		got, err := wire.DecodeFrame(f.Payload)
		check(a.t, err)
		switch got.Type {
		case wire.TypeError:
			told = append(told, decode[wire.Error](a.t, got).Code)
		case wire.TypeRefusal:
			told = append(told, decode[wire.Refusal](a.t, got).Code)
		case wire.TypeSyncResponse:
			return 0, told
		}
	}
}

// errors reads up to a number of error frames and returns their codes.
func (a *attacker) errors(n int) (codes []string) {
	a.t.Helper()
	for len(codes) < n {
		f, err := a.frame()
		check(a.t, err)
		if f.Header.OpCode != ws.OpText {
			continue
		}
		got, err := wire.DecodeFrame(f.Payload)
		check(a.t, err)
		if got.Type == wire.TypeError {
			codes = append(codes, decode[wire.Error](a.t, got).Code)
		}
	}
	return codes
}

// What people read of an answer.

func closedWith(code ws.StatusCode) string { return fmt.Sprintf("closed with %d", code) }

func httpAnswer(status int, code string) string {
	if code == "" {
		return fmt.Sprint(status)
	}
	return fmt.Sprintf("%d `%s`", status, code)
}

// codeIn returns the code of an error body.
func codeIn(t *testing.T, text string) string {
	t.Helper()
	var b wire.ErrorBody
	check(t, json.Unmarshal([]byte(text), &b))
	return b.Code
}

// sent collects, by answer, what gets it.
type sent map[string][]string

func (s sent) add(answer, what string) { s[answer] = append(s[answer], what) }

// answers are what the tests of this package send and what they want, by kind.
func answers(t *testing.T) (kinds []string, of map[string]sent) {
	of = map[string]sent{}
	kind := func(name string) sent {
		kinds, of[name] = append(kinds, name), sent{}
		return of[name]
	}
	s := kind("a handshake")
	for name, tc := range badHandshakes {
		s.add(tc.answer(), name)
	}
	s = kind("a bearer token, beside a good session token")
	for name := range identitytest.New(t, time.Now()).Bad("https://evil.example") {
		status, code := http.StatusUnauthorized, wire.CodeUnauthorized
		if special, is := badBearers[name]; is {
			status, code = special, ""
		}
		s.add(httpAnswer(status, code), name)
	}
	s = kind("a frame")
	for name, tc := range badFrames {
		s.add(closedWith(tc.want), name)
	}
	s = kind("JSON in a frame")
	for name := range badJSON {
		s.add("`error` `"+wire.CodeBadRequest+"`, the connection stays; the tenth: "+closedWith(wire.CloseTooManyErrors), name)
	}
	s = kind("an action")
	for name, tc := range badCommands {
		s.add(tc.answer(), name)
	}
	for name, tc := range unables {
		s.add(tc.answer(), name)
	}
	s.add("`ack` as the first time, `repeated`, the state unchanged", "the same once more")
	s.add("`refusal` `"+wire.RefusalIDReuse+"`, the state unchanged", "another under the same n")
	s = kind("a resume")
	for name, tc := range badResumes {
		s.add("`history_lost` `"+tc.reason+"`, then the view", name)
	}
	s = kind("a line of chat")
	for name := range naughty {
		s.add("passed on as it is", name)
	}
	for name := range refusedText {
		s.add("`error` `"+wire.CodeBadRequest+"`", name)
	}
	s = kind("a slow client")
	for name, tc := range slowClients {
		s.add(tc.want, name)
	}
	for name := range slowReaders {
		s.add(closedWith(wire.CloseSlowConsumer), name)
	}
	for name := range slowRequests {
		s.add(cutOff, name)
	}
	s = kind("a flood")
	for name, tc := range floods {
		s.add(tc.want, name)
	}
	return kinds, of
}

// TestAnswersAreDocumented compares the table that people read with what the
// tests send.
func TestAnswersAreDocumented(t *testing.T) {
	var b strings.Builder
	b.WriteString("| | sent | answered |\n|---|---|---|\n")
	kinds, of := answers(t)
	for _, kind := range kinds {
		name := kind
		for _, answer := range slices.Sorted(maps.Keys(of[kind])) {
			slices.Sort(of[kind][answer])
			what := strings.ReplaceAll(strings.Join(of[kind][answer], "; "), "|", "\\|")
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, what, answer)
			name = ""
		}
	}
	docpart.Check(t, "../../docs/security.md", "written by `go test ./shard/server -run AnswersAreDocumented -update`", b.String(), *update)
}
