// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// Names are taken as the pattern says that errors show.
func TestFormsAreTheirPatterns(t *testing.T) {
	for _, f := range []*form{&prefixForm, &sessionForm, &nameForm, &incarnationForm} {
		t.Run(f.pattern, func(t *testing.T) {
			pattern := regexp.MustCompile(f.pattern)
			names := rapid.OneOf(
				rapid.StringMatching(f.pattern),
				rapid.StringMatching(`[a-zA-Z0-9._-]{0,260}`),
				rapid.StringMatching(`[.A-]?[a-z0-9]{1,3}[.A-]?`),
				rapid.String(),
			)
			rapid.Check(t, func(t *rapid.T) {
				if name := names.Draw(t, "name"); f.fits(name) != pattern.MatchString(name) {
					t.Errorf("%q is taken: %v", name, f.fits(name))
				}
			})
		})
	}
}
