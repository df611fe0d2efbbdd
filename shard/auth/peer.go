// SPDX-License-Identifier: Apache-2.0

package auth

import "time"

// PeerHeader carries the token by which one shard knows another.
const PeerHeader = "X-Shard-Token"

// peerFor is how long such a token is valid: long enough for clocks that differ,
// and for nothing else.
const peerFor = 2 * time.Minute

// SignPeer returns a token by which other shards of the pool know a shard, in
// matters of one session.
func (k *Keys) SignPeer(session, shard string, now time.Time) (string, error) {
	return k.Sign(Claims{Session: session, Player: shard, Role: Peer, IssuedAt: now.Unix(), Expires: now.Add(peerFor).Unix()})
}

// IsPeer says whether a token is one of a shard of the pool, for this session.
func (k *Keys) IsPeer(token, session string, now time.Time) bool {
	claims, err := k.Verify(token, now)
	return err == nil && claims.Role == Peer && claims.Session == session
}
