// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/test/tlstest"
)

// A wrong command line ends with 2, what goes wrong later with 1, as in the other
// programs.
func TestExitCode(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	dir := t.TempDir()
	tlstest.New(t).Mount(dir, "redis")
	t.Setenv("REDIS_CA", "of the Redis that --dev does without")
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":           {[]string{"--help"}, 0, ""},
		"version":        {[]string{"--version"}, 0, ""},
		"unknown flag":   {[]string{"--bogus"}, 2, "not defined"},
		"a word":         {[]string{"--dev", "please"}, 2, `unexpected argument "please"`},
		"nothing at all": {nil, 2, "--redis-url is missing"},
		"log format":     {[]string{"--dev", "--log-format", "xml"}, 2, "not json or text"},
		"log level":      {[]string{"--log-level", "loud"}, 2, "it must be debug, info, warn or error"},
		"no network":     {[]string{"--trusted-proxies", "10.1"}, 2, `"10.1" is not a network such as 10.0.0.0/8`},
		"no room":        {[]string{"--dev", "--capacity", "0"}, 2, "--capacity: 0 is not between 1 and 10000"},
		"no lease":       {[]string{"--dev", "--lease", "-1s"}, 2, "--lease: -1s is not above zero"},
		"all origins":    {[]string{"--dev", "--allowed-origins", "*"}, 2, `"*" is not an origin`},
		"another Redis":  {[]string{"--dev", "--redis-url", "redis://u:pw@h", "--name", "x"}, 2, "--name: not with --dev, which brings its own\n--redis-url: not with"},
		"another CA":     {[]string{"--dev", "--redis-ca", filepath.Join(dir, "ca.crt")}, 2, "--redis-ca: not with --dev"},
		"no CA there":    {[]string{"--redis-ca", "/nonexistent"}, 2, "no such file"},
		"open to all":    {[]string{"--dev", "--listen", "0.0.0.0:8080"}, 2, "this machine alone"},
		"address taken":  {[]string{"--dev", "--listen", taken.Addr().String()}, 1, "listening for clients"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut strings.Builder
			if code := run(tc.args, &out, &errOut); code != tc.code || !strings.Contains(errOut.String(), tc.says) {
				t.Errorf("exit code %d, want %d; said %q, want %q in it", code, tc.code, errOut.String(), tc.says)
			}
		})
	}
}
