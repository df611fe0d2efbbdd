// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrongFlags(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":       {[]string{"--nonsense"}, "-nonsense"},
		"argument":           {[]string{"now"}, `unexpected argument "now"`},
		"key prefix":         {[]string{"--key-prefix", "a b"}, "--key-prefix"},
		"log level":          {[]string{"--log-level", "loud"}, "must be debug, info, warn or error"},
		"log format":         {[]string{"--log-format", "xml"}, "must be json or text"},
		"workers":            {[]string{"--workers", "0"}, "must be from 1 to 64"},
		"duration in words":  {[]string{"--placement-timeout", "soon"}, "placement-timeout"},
		"API nowhere":        {[]string{"--api-listen", ":8088"}, "needs --api-namespace and --issuers"},
		"API of no issuers":  {[]string{"--api-listen", ":8088", "--api-namespace", "games", "--issuers", "/nowhere"}, "--issuers: "},
		"API without end":    {[]string{"--api-listen", ":8088", "--api-namespace", "games", "--issuers", "/nowhere", "--api-wait", "1h"}, "--api-wait is 1h0m0s"},
		"no cleanup":         {[]string{"--cleanup-deadline", "-1s"}, "must be above 0"},
		"renew before lease": {[]string{"--leader-elect-lease-duration", "2s"}, "--leader-elect-lease-duration (2s) must be above"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(tc.args, &stdout, &stderr); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			if !strings.HasPrefix(stderr.String(), "error: ") || !strings.Contains(stderr.String(), tc.want) || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("got %q, want one line with %q", stderr.String(), tc.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "-workers") || stderr.Len() > 0 {
		t.Errorf("exit code %d, output %q, %q", code, stdout.String(), stderr.String())
	}
}

// Started by hand where there is no cluster, it says so.
func TestNoCluster(t *testing.T) {
	for _, name := range []string{"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	var stdout, stderr bytes.Buffer
	if code := run(nil, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "there is no cluster") {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}

func TestVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"--version"}, &stdout, &stderr); code != 0 || stdout.String() != "unknown\n" {
		t.Errorf("exit code %d, output %q", code, stdout.String())
	}
}
