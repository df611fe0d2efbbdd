// SPDX-License-Identifier: Apache-2.0

// Package identity says who calls: it checks the JSON Web Tokens (RFC 7519) of
// the issuers that a shard is told to trust.
//
// A token picks none of what it is checked with. Its issuer must be one of the
// configured ones, its key one that this issuer has published, and each key
// signs with one algorithm. Headers that name keys elsewhere (jku, x5u, jwk) are
// not looked at. Keys by URL are fetched on a timer and at no other time: no
// token, good or bad, ever causes a connection. When an issuer cannot be reached
// its last keys stay in use for a day.
package identity
