// SPDX-License-Identifier: Apache-2.0

package journal

import "strings"

// form is what a name may look like. Each append checks three names, for which a
// regular expression would take longer than all else that is checked.
type form struct {
	pattern string // the same as a regular expression, for people
	most    int    // bytes
	chars   string // besides a-z and 0-9
	first   string // of chars, those that it may begin with
	last    string // of chars, those that it may end with
}

const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

var (
	prefixForm      = form{`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,31}$`, 32, capitals + "._-", capitals, capitals + "._-"}
	sessionForm     = form{`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`, 64, capitals + "._-", capitals, capitals + "._-"}
	nameForm        = form{`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`, 253, ".-", "", ""}
	incarnationForm = form{`^[a-zA-Z0-9._-]{1,64}$`, 64, capitals + "._-", capitals + "._-", capitals + "._-"}
)

func (f *form) fits(name string) bool {
	if name == "" || len(name) > f.most || !allowed(name[0], f.first) || !allowed(name[len(name)-1], f.last) {
		return false
	}
	for i := range len(name) {
		if !allowed(name[i], f.chars) {
			return false
		}
	}
	return true
}

// allowed says whether c is a small letter, a digit, or one of chars.
func allowed(c byte, chars string) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(chars, c) >= 0
}
