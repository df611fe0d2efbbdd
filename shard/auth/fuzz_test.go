// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"strings"
	"testing"
	"time"
)

// FuzzTokens: no text crashes what reads tokens, each token is good for one thing
// at most, and what is taken is the one spelling of what was signed.
func FuzzTokens(f *testing.F) {
	k, err := NewKeys(map[string][]byte{"k1": []byte(strings.Repeat("k", MinKeyBytes))})
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	c := Claims{Session: "s1", Player: "ann", Role: Player, IssuedAt: now.Unix(), Expires: now.Add(time.Hour).Unix()}
	session, err := k.Sign(c)
	if err != nil {
		f.Fatal(err)
	}
	ticket, err := k.SignTicket(Ticket{
		ID: "t1", Session: "s1", Player: "ann", Role: Player, IssuedAt: now.UnixMilli(), Expires: now.Add(TicketFor).UnixMilli(), Until: c.Expires,
	})
	if err != nil {
		f.Fatal(err)
	}
	peer, err := k.SignPeer("s1", "shard-0", now)
	if err != nil {
		f.Fatal(err)
	}
	good := []string{session, ticket, peer}
	for _, token := range append(good, "", "gst1.k1.e30.AAAA", "gst1....", "gmt1.k1..", session+"=", strings.Replace(session, "gst1", "gmt1", 1)) {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := k.Verify(token, now)
		_, other := k.VerifyTicket(token, now)
		taken := 0
		if err == nil {
			taken++
		}
		if other == nil {
			taken++
		}
		signed := token == session || token == ticket || token == peer
		if taken > 1 || signed != (taken == 1) {
			t.Errorf("%q is taken as %d tokens", token, taken)
		}
		if k.IsPeer(token, "s1", now) != (token == peer) {
			t.Errorf("%q is a shard's, or is none", token)
		}
	})
}
