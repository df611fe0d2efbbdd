// SPDX-License-Identifier: Apache-2.0

package dev

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/alicebob/miniredis/v2"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/node"
	"gamesession.dev/operator/shard/secret"
)

// Where a dev shard serves unless it is told otherwise.
const (
	Listen    = "127.0.0.1:8080"
	OpsListen = "127.0.0.1:9090"
)

const (
	shardName = "dev-0"
	poolName  = "dev.pool"
)

// Stage is the surroundings of a dev shard.
type Stage struct {
	store   *miniredis.Miniredis
	keysDir string
	keys    *auth.Keys
	cfg     node.Config
}

// Check says what is wrong with a config, but for what New adds to it. Addresses
// that are not loopback are refused: everybody who reaches a dev shard can read its
// tokens off a screen.
func Check(cfg node.Config) error {
	for _, at := range []struct{ flag, address string }{{"--listen", cfg.Listen}, {"--ops-listen", cfg.OpsListen}} {
		if err := checkLoopback(at.address); err != nil {
			return fmt.Errorf("%s: %w", at.flag, err)
		}
	}
	cfg = onStage(cfg)
	cfg.RedisURL, cfg.KeysDir = secret.New("redis://to-come"), "to come"
	return cfg.Validate()
}

// onStage names a shard and its pool.
func onStage(cfg node.Config) node.Config {
	cfg.Shard, cfg.Pool, cfg.Advertise = shardName, poolName, cfg.Listen
	cfg.RedisCA = "" // that of the environment is for another one
	// Nobody is there to take the sample session over.
	cfg.DrainDeadline, cfg.RelayGrace = time.Millisecond, 0
	return cfg
}

// New starts the store and makes a signing key, for a config that Check finds
// nothing wrong with.
func New(cfg node.Config) (*Stage, error) {
	if err := Check(cfg); err != nil {
		return nil, err
	}
	s := &Stage{store: miniredis.NewMiniRedis(), cfg: onStage(cfg)}
	password := unguessable()
	s.store.RequireAuth(password)
	if err := s.store.Start(); err != nil {
		return nil, fmt.Errorf("starting the store in memory: %w", err)
	}
	if err := s.makeKey(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.cfg.RedisURL = secret.New("redis://:" + password + "@" + s.store.Addr() + "/0")
	s.cfg.KeysDir = s.keysDir
	s.cfg.AnyOrigin = len(cfg.Origins) == 0 // a page of whichever tool, or none
	return s, nil
}

// Config returns the shard's config, to which New added what leads to the stage.
func (s *Stage) Config() node.Config { return s.cfg }

// Close ends the store and removes the signing key.
func (s *Stage) Close() error {
	s.store.Close()
	return os.RemoveAll(s.keysDir)
}

func (s *Stage) makeKey() error {
	var err error
	if s.keysDir, err = os.MkdirTemp("", "shard-dev-"); err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.keysDir, "dev"), []byte(unguessable()), 0o600); err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	s.keys, err = auth.LoadKeys(s.keysDir)
	return err
}

// unguessable returns 64 characters that nobody guesses.
func unguessable() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

var errNotLoopback = errors.New("with --dev a shard serves this machine alone: use 127.0.0.1, [::1] or localhost with a port")

func checkLoopback(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" || port == "0" {
		return fmt.Errorf("%q: %w", address, errNotLoopback)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q: %w", address, errNotLoopback)
	}
	return nil
}

// Present makes the sample session, once the shard is there to take it, and prints
// how to reach it.
func (s *Stage) Present(ctx context.Context, out io.Writer) error {
	if err := s.makeSession(ctx); err != nil {
		return err
	}
	return s.print(out, time.Now())
}
