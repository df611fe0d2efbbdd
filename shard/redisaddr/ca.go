// SPDX-License-Identifier: Apache-2.0

package redisaddr

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// maxCA bounds a CA: Linux starts no process with a variable of 128 KiB or more.
const maxCA = 64 << 10

// parseCA reads certificates. Every block must be one: a key, or half of a bundle,
// was not meant to be there.
func parseCA(text string) (*x509.CertPool, error) {
	if len(text) > maxCA {
		return nil, fmt.Errorf("%d bytes are too many, %d are allowed: only those that sign the certificate of Redis are needed", len(text), maxCA)
	}
	pool := x509.NewCertPool()
	found := 0
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		found++
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("block %d is a %.40q and no certificate", found, block.Type)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", found, err)
		}
		pool.AddCert(certificate)
	}
	if begun := strings.Count(text, "-----BEGIN "); begun != found {
		return nil, fmt.Errorf("%d of %d PEM blocks can be read", found, begun)
	}
	if found == 0 {
		return nil, errors.New("there is no certificate in PEM")
	}
	return pool, nil
}
