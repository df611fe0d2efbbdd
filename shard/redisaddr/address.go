// SPDX-License-Identifier: Apache-2.0

// Package redisaddr says which Redis is meant, and by whom its certificate must be
// signed. Shards, operator and command line all read it here.
package redisaddr

import (
	"crypto/tls"
	"errors"
	"os"

	"github.com/redis/go-redis/v9"
)

// Address is one Redis. Equal addresses lead to the same one in the same way.
type Address struct {
	// URL is redis:// or rediss:// (TLS); it may hold a password.
	URL string
	// CA holds the certificates, in PEM, of those that may sign that of Redis. The
	// system's are then not trusted. Empty: the system's are. It goes with rediss://
	// only.
	CA string
}

// ErrURL says that a URL is none of a Redis. It does not repeat it.
var ErrURL = errors.New("must be redis://[user:password@]host:port[/db] or rediss://…")

// Options are how a client reaches the Redis: TLS 1.2 or newer, for the host of the
// URL. The error is [ErrURL], or says what is wrong with the CA. Nothing is dialled.
func (a Address) Options() (*redis.Options, error) {
	options, err := redis.ParseURL(a.URL)
	if err != nil {
		return nil, ErrURL // the parser's may hold the URL
	}
	config := options.TLSConfig
	if a.CA != "" {
		if err := fits(config); err != nil {
			return nil, err
		}
		if config.RootCAs, err = parseCA(a.CA); err != nil {
			return nil, err
		}
	}
	if config != nil {
		options.Dialer = dialer(config)
		options.Protocol = 2 // without pushes: what comes unasked is the end, see conn
	}
	return options, nil
}

// fits says whether a CA would be heeded. One that is passed over is a password sent
// to whoever listens.
func fits(config *tls.Config) error {
	switch {
	case config == nil:
		return errors.New("the URL is not rediss://, which alone asks for a certificate")
	case config.InsecureSkipVerify:
		return errors.New("the URL says skip_verify, which looks at no certificate")
	}
	return nil
}

// ReadCA reads the CA of an Address from a file.
func ReadCA(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	_, err = parseCA(string(text))
	return string(text), err
}
