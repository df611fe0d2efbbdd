// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestChatIsChecked(t *testing.T) {
	tests := map[string]struct {
		text string
		good bool
	}{
		"plain":                {"Hello", true},
		"markup is text":       {`<script>alert("x")</script> & {{7*7}} ${x}`, true},
		"other scripts":        {"שלום — Привет — こんにちは", true},
		"emoji with joiners":   {"👩\u200d👩\u200d👧", true},
		"two lines":            {"a\nb", true},
		"500 characters":       {strings.Repeat("ä", MaxChatRunes), true},
		"501 characters":       {strings.Repeat("ä", MaxChatRunes+1), false},
		"nothing":              {"", false},
		"bell":                 {"a\ab", false},
		"carriage return":      {"a\rb", false},
		"escape sequence":      {"\x1b[31mred", false},
		"C1 control":           {"a\u0085b", false},
		"turned around":        {"safe\u202Egpj.exe", false},
		"isolated":             {"a\u2066b", false},
		"zero width space":     {"a\u200Bb", false},
		"byte order mark":      {"\uFEFFa", false},
		"line separator":       {"a\u2028b", false},
		"no character":         {"a\uFFFEb", false},
		"replacement for junk": {"a\uFFFDb", false},
		"private use":          {"a\uE000b", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if err := (Chat{tc.text}).Check(); (err == nil) != tc.good || err != nil && !errors.Is(err, ErrBadFrame) {
				t.Errorf("%q: %v", tc.text, err)
			}
		})
	}
}

func TestEmotesAndPingsAreChecked(t *testing.T) {
	tests := map[string]struct {
		data interface{ Check() error }
		good bool
	}{
		"emote":         {Emote{"thumbs-up_2"}, true},
		"longest emote": {Emote{strings.Repeat("a", MaxEmote)}, true},
		"too long":      {Emote{strings.Repeat("a", MaxEmote+1)}, false},
		"no emote":      {Emote{}, false},
		"path":          {Emote{"../x"}, false},
		"capital":       {Emote{"Wave"}, false},
		"square":        {MapPing{[]int{0, MaxMapSquare}}, true},
		"no square":     {MapPing{}, false},
		"one number":    {MapPing{[]int{1}}, false},
		"three numbers": {MapPing{[]int{1, 2, 3}}, false},
		"left of it":    {MapPing{[]int{-1, 2}}, false},
		"far beyond it": {MapPing{[]int{1, MaxMapSquare + 1}}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if err := tc.data.Check(); (err == nil) != tc.good || err != nil && !errors.Is(err, ErrBadFrame) {
				t.Errorf("%+v: %v", tc.data, err)
			}
		})
	}
}

// TestClosings: the ranges that the documentation promises to those who do not
// know a code.
func TestClosings(t *testing.T) {
	last := 0
	for _, c := range Closings() {
		if c.Code <= last || c.Meaning == "" {
			t.Errorf("%+v is out of order or has no meaning", c)
		}
		last = c.Code
		back := c.Return == ReturnResume || c.Return == ReturnStay
		if c.Code >= 4000 && back != (c.Code < 4100 && c.Code != CloseTokenExpired) {
			t.Errorf("%+v is in the wrong range", c)
		}
	}
	for code, want := range map[int]Return{1006: ReturnResume, 1001: ReturnResume, 1010: ReturnNever, 1011: ReturnResume, 4050: ReturnResume, 4150: ReturnNever} {
		if got := AfterClose(code); got != want {
			t.Errorf("after %d: %s, want %s", code, got, want)
		}
	}
}
