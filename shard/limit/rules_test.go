// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseRules(t *testing.T) {
	usual, bots := Rule{100, time.Minute}, Rule{1000, time.Minute}
	for text, want := range map[string]Rules{
		"":                             {},
		"100/1m":                       {Usual: usual},
		"100/1m,bot=1000/1m":           {Usual: usual, Classes: map[string]Rule{"bot": bots}},
		"bot=1000/1m":                  {Classes: map[string]Rule{"bot": bots}},
		",bot=1000/1m,service=1000/1m": {Classes: map[string]Rule{"bot": bots, "service": bots}},
	} {
		got, err := ParseRules(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ParseRules(%q): %v (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"x", "100/1m,", "100/1m,1000/1m", "100/1m,bot=", "100/1m,=1/1m", "100/1m,bot=x", "1/1m,bot=1/1m,bot=2/1m", ",,,,,,,,", "a=1/1m,b=1/1m,c=1/1m,d=1/1m,e=1/1m,f=1/1m,g=1/1m,h=1/1m,i=1/1m"} {
		if got, err := ParseRules(text); err == nil {
			t.Errorf("ParseRules(%q) = %v", text, got)
		}
	}
	r := Rules{Usual: usual, Classes: map[string]Rule{"bot": bots}}
	for class, want := range map[string]Rule{"": usual, "bot": bots, "service": usual} {
		if got := r.Of(class); got != want {
			t.Errorf("Of(%q) = %v, want %v", class, got, want)
		}
	}
}
