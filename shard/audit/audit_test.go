// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestDenialsAreBounded(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1_700_000_000, 0)
	d := NewDenials(slog.New(slog.NewJSONHandler(&out, nil)), func() time.Time { return now })
	for range 1000 {
		d.Write("s", "bad_token", "192.0.2.1")
	}
	if n := strings.Count(out.String(), "\n"); n != denials.N {
		t.Errorf("%d lines, want %d", n, denials.N)
	}
	out.Reset()
	now = now.Add(time.Minute)
	d.Write("s", "bad_token", "192.0.2.1")
	for _, want := range []string{`"msg":"audit"`, `"event":"denied"`, `"session":"s"`, `"reason":"bad_token"`, `"address":"192.0.2.1"`, `"unwritten_before":940`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}
