// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestNothingShowsIt: whichever way a secret or what holds it is written.
func TestNothingShowsIt(t *testing.T) {
	const text = "hunter2"
	type part struct {
		Open   String
		hidden String
	}
	s := New(text)
	holder := part{s, s}
	var out bytes.Buffer
	for _, v := range []any{s, &s, holder, &holder, []part{holder}, map[string]part{"a": holder}, struct{ p part }{holder}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		for _, marshal := range []func(any) ([]byte, error){json.Marshal, func(v any) ([]byte, error) { return yaml.Marshal(v) }} {
			data, err := marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(data)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	f := flag.NewFlagSet("x", flag.ContinueOnError)
	f.SetOutput(&out)
	f.Var(&s, "url", "of the store")
	f.PrintDefaults()
	if err := f.Parse([]string{"-url", text, "-none"}); err == nil {
		t.Error("an unknown flag was taken")
	}
	if got := out.String(); strings.Contains(got, text) || strings.Contains(got, fmt.Sprintf("%x", text)) || !strings.Contains(got, Redacted) {
		t.Errorf("it shows:\n%s", got)
	}
	if s.Reveal() != text || New("").Reveal() != "" || New("").String() != "" {
		t.Errorf("Reveal = %q", s.Reveal())
	}
}
