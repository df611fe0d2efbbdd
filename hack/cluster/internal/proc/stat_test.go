// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	const tail = " 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 "
	for name, tc := range map[string]struct {
		text   string
		want   Stat
		wantOK bool
	}{
		"plain":            {text: "12 (etcd) S" + tail + "777 1 2", want: Stat{State: 'S', Start: 777}, wantOK: true},
		"name with spaces": {text: "12 (a b) c) Z" + tail + "42 1", want: Stat{State: 'Z', Start: 42}, wantOK: true},
		"short":            {text: "12 (etcd) S 1 2"},
		"no name":          {text: "12 etcd"},
		"bad start":        {text: "12 (etcd) S" + tail + "x"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseStat(tc.text)
			if (err == nil) != tc.wantOK {
				t.Fatalf("ParseStat error = %v, want ok %v", err, tc.wantOK)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ParseStat (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBelongs(t *testing.T) {
	const dir = "/var/lib/c"
	programs := []string{"etcd", "containerd-shim-runc-v2"}
	for name, tc := range map[string]struct {
		args []string
		want bool
	}{
		"flag with value":   {args: []string{"/bin/etcd", "--data-dir=/var/lib/c/etcd"}, want: true},
		"separate value":    {args: []string{"/bin/containerd-shim-runc-v2", "-address", "/var/lib/c/node1/containerd.sock"}, want: true},
		"unix url":          {args: []string{"/bin/etcd", "--x=unix:///var/lib/c/y"}, want: true},
		"sibling folder":    {args: []string{"/bin/etcd", "--data-dir=/var/lib/cc/etcd"}},
		"other program":     {args: []string{"/usr/bin/less", "/var/lib/c/logs/etcd.log"}},
		"no argument of us": {args: []string{"/bin/etcd"}},
		"empty":             {},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Belongs(tc.args, dir, programs); got != tc.want {
				t.Errorf("Belongs(%q) = %v, want %v", tc.args, got, tc.want)
			}
		})
	}
}
