// SPDX-License-Identifier: Apache-2.0

package docpart

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// told is a test that notes what it is told.
type told struct{ fatal, wrong string }

func (*told) Helper()                             {}
func (t *told) Fatalf(format string, args ...any) { t.fatal = fmt.Sprintf(format, args...) }
func (t *told) Errorf(format string, args ...any) { t.wrong = fmt.Sprintf(format, args...) }

func TestCheck(t *testing.T) {
	const doc = "top\n<!-- a -->\nold\n<!-- end -->\n<!-- b -->\nmore\n<!-- end -->\nbottom\n"
	for name, tt := range map[string]struct {
		comment, text string
		update        bool
		fatal, wrong  bool
		want          string
	}{
		"in step":     {comment: "a", text: "old\n", want: doc},
		"out of date": {comment: "a", text: "new\n", wrong: true, want: doc},
		"written": {
			comment: "b", text: "new\n", update: true,
			want: "top\n<!-- a -->\nold\n<!-- end -->\n<!-- b -->\nnew\n<!-- end -->\nbottom\n",
		},
		"no place": {comment: "c", text: "new\n", update: true, fatal: true, want: doc},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "doc.md")
			if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
				t.Fatal(err)
			}
			var got told
			Check(&got, file, tt.comment, tt.text, tt.update)
			if (got.fatal != "") != tt.fatal || (got.wrong != "") != tt.wrong {
				t.Errorf("told %+v", got)
			}
			if have, err := os.ReadFile(file); err != nil || string(have) != tt.want {
				t.Errorf("the document is %q, %v; want %q", have, err, tt.want)
			}
		})
	}
}
