// SPDX-License-Identifier: Apache-2.0

package layout

import "testing"

func TestCheckDir(t *testing.T) {
	for name, tc := range map[string]struct {
		dir    string
		wantOK bool
	}{
		"default":  {dir: DefaultDir, wantOK: true},
		"relative": {dir: "state"},
		"unclean":  {dir: "/var/lib/../lib/x"},
		"root":     {dir: "/"},
		"shallow":  {dir: "/var"},
		"too long": {dir: "/var/lib/a-very-long-name-for-the-cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := CheckDir(tc.dir); (err == nil) != tc.wantOK {
				t.Errorf("CheckDir(%q) = %v, want ok %v", tc.dir, err, tc.wantOK)
			}
		})
	}
}
