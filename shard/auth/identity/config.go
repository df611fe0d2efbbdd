// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"sigs.k8s.io/yaml"
)

// Config lists the issuers that are trusted.
type Config struct {
	Issuers []Issuer `json:"issuers"`
}

// Issuer is one authority and how its tokens are read.
type Issuer struct {
	// Issuer is the iss of its tokens, letter by letter.
	Issuer string `json:"issuer"`
	// Audience must be among the aud of its tokens.
	Audience string `json:"audience"`
	// JWKSURL is where its keys are (RFC 7517): https, or http on the loopback.
	JWKSURL string `json:"jwksURL,omitempty"`
	// KeysFile holds its keys in the same form. Only a file may hold a shared
	// secret (HS256).
	KeysFile string `json:"keysFile,omitempty"`
	// PlayerClaim is the claim that names the player; usually sub. Its values must
	// never be given to another person.
	PlayerClaim string `json:"playerClaim,omitempty"`
	// PlayerPrefix is put before it. Issuers must
	// not be able to name each other's players: with several of them, no prefix
	// begins another.
	PlayerPrefix string `json:"playerPrefix,omitempty"`
	// ClassClaim names a claim with what kind of caller this is, see [auth.Class].
	// Without it every caller is a player.
	ClassClaim string `json:"classClaim,omitempty"`
	// Algorithms are those that its keys may have; empty: all that this package
	// knows. Which one a token must have is up to its key.
	Algorithms []string `json:"algorithms,omitempty"`
}

const (
	maxIssuers    = 16
	maxConfigSize = 64 << 10
)

var playerPrefix = regexp.MustCompile(`^[A-Za-z0-9._-]{0,32}$`)

// Load reads a config from a YAML or JSON file.
func Load(path string) (Config, error) {
	var c Config
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("loading issuers: %w", err)
	}
	if c, err = Parse(data); err != nil {
		return c, fmt.Errorf("loading issuers from %s: %w", path, err)
	}
	return c, nil
}

// Parse reads a config, which is valid then.
func Parse(data []byte) (Config, error) {
	var c Config
	if len(data) > maxConfigSize {
		return c, fmt.Errorf("more than %d bytes", maxConfigSize)
	}
	if err := yaml.UnmarshalStrict(data, &c); err != nil {
		return c, fmt.Errorf("it must be YAML or JSON with a list of issuers: %w", err)
	}
	return c, c.Validate()
}

// Validate says what is wrong.
func (c Config) Validate() error {
	if n := len(c.Issuers); n == 0 || n > maxIssuers {
		return fmt.Errorf("%d issuers: there must be 1 to %d", n, maxIssuers)
	}
	var errs []error
	for i, a := range c.Issuers {
		if err := a.validate(); err != nil {
			errs = append(errs, fmt.Errorf("issuer %q: %w", a.Issuer, err))
		}
		for _, b := range c.Issuers[i+1:] {
			switch {
			case a.Issuer == b.Issuer:
				errs = append(errs, fmt.Errorf("issuer %q is there twice", a.Issuer))
			case strings.HasPrefix(a.PlayerPrefix, b.PlayerPrefix) || strings.HasPrefix(b.PlayerPrefix, a.PlayerPrefix):
				errs = append(errs, fmt.Errorf("issuers %q and %q could name the same player: none of playerPrefix may begin the other", a.Issuer, b.Issuer))
			}
		}
	}
	return errors.Join(errs...)
}

func (i Issuer) validate() error {
	switch {
	case i.Issuer == "":
		return errors.New("issuer is missing")
	case i.Audience == "":
		return errors.New("audience is missing")
	case (i.JWKSURL == "") == (i.KeysFile == ""):
		return errors.New("one of jwksURL and keysFile is needed")
	case !playerPrefix.MatchString(i.PlayerPrefix):
		return errors.New("playerPrefix must have at most 32 characters of A-Z a-z 0-9 . _ -")
	}
	for _, a := range i.Algorithms {
		if !slices.Contains(algorithms, jose.SignatureAlgorithm(a)) {
			return fmt.Errorf("algorithm %.20q is not one of %s", a, algorithms)
		}
	}
	if i.JWKSURL != "" {
		return checkURL(i.JWKSURL)
	}
	return nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("jwksURL must be https://host/path")
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return errors.New("jwksURL must be https: who can change the answer can be anybody")
	}
	return nil
}
