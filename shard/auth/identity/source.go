// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// refreshEvery is how soon a key that an issuer has published is known.
	refreshEvery = time.Minute
	fetchTimeout = 5 * time.Second
	maxSetSize   = 256 << 10
	// keepFor is how long keys are trusted of an issuer that does not answer.
	keepFor = 24 * time.Hour
)

// source holds the keys of one issuer.
type source struct {
	issuer Issuer
	client *http.Client

	mu      sync.RWMutex
	keys    keySet
	fetched time.Time
}

// ErrUnavailable says that an issuer's keys are not at hand.
var ErrUnavailable = errors.New("the issuer's keys are not at hand")

// byID returns a key of the issuer.
func (s *source) byID(id string, now time.Time) (key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.keys == nil || s.issuer.JWKSURL != "" && now.Sub(s.fetched) > keepFor {
		return key{}, ErrUnavailable
	}
	k, known := s.keys[id]
	if !known {
		return key{}, ErrUnknownKey
	}
	return k, nil
}

// refresh reads the keys anew. After an error those it had stay in use.
func (s *source) refresh(ctx context.Context, now time.Time) error {
	data, err := s.read(ctx)
	if err != nil {
		return fmt.Errorf("reading keys of issuer %s: %w", s.issuer.Issuer, err)
	}
	keys, err := parseKeys(data, s.issuer)
	if err != nil {
		return fmt.Errorf("reading keys of issuer %s: %w", s.issuer.Issuer, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.fetched = keys, now
	return nil
}

func (s *source) read(ctx context.Context) ([]byte, error) {
	if s.issuer.KeysFile != "" {
		return os.ReadFile(s.issuer.KeysFile)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.issuer.JWKSURL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is HTTP %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxSetSize+1))
	if err == nil && len(data) > maxSetSize {
		err = fmt.Errorf("the answer has more than %d bytes", maxSetSize)
	}
	return data, err
}

// newClient follows no redirect: where keys come from is configured, not told.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
