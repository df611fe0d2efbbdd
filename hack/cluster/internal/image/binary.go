// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"gamesession.dev/operator/hack/cluster/internal/layout"
)

// Binary is an image around one static program.
type Binary struct {
	Name   string            // of the image, with a tag
	Path   string            // of the program on this machine
	As     string            // base name of the program in the image; "" keeps it
	Files  []string          // further files, each SOURCE:DESTINATION
	User   int               // user and group id it runs as
	Labels map[string]string // of the image
}

// Spec returns what to build: the program in the root folder is the entry point.
func (b Binary) Spec() (Spec, error) {
	as := b.As
	if as == "" {
		as = filepath.Base(b.Path)
	}
	if strings.ContainsRune(as, '/') {
		return Spec{}, fmt.Errorf("binary name %q holds a slash", as)
	}
	entries := []Entry{{Path: "/" + as, Source: b.Path, Mode: 0o755}}
	for _, f := range b.Files {
		src, dst, ok := strings.Cut(f, ":")
		if !ok || src == "" || !path.IsAbs(dst) {
			return Spec{}, fmt.Errorf("file %q is not SOURCE:/DESTINATION", f)
		}
		entries = append(entries, Entry{Path: path.Clean(dst), Source: src, Mode: 0o644})
	}
	return Spec{
		Name: b.Name, Entries: entries, Entrypoint: []string{"/" + as},
		User: b.User, WorkingDir: "/", Labels: b.Labels,
	}, nil
}

// Pause is the image that holds a pod's namespaces, around our own program.
func Pause(binary string) Spec {
	return Spec{
		Name:       layout.PauseImage,
		Entries:    []Entry{{Path: "/pause", Source: binary, Mode: 0o755}},
		Entrypoint: []string{"/pause"},
		User:       NonRoot,
		WorkingDir: "/",
	}
}
