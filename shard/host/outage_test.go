// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOutageIsLoggedAtItsEnds(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	o := outage{what: "reading"}
	away := errors.New("away")
	for _, err := range []error{nil, away, away, away, nil, nil, away} {
		o.note(logger, err)
	}
	want := `level=WARN msg=reading error=away
level=INFO msg="reading works again"
level=WARN msg=reading error=away
`
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
