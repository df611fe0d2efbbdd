// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"strings"
	"testing"
)

// A wrong command line ends with 2, what goes wrong later with 1, as in the other
// programs.
func TestExitCode(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
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
