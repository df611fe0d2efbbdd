// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Entry is a file or folder of the image.
type Entry struct {
	Path   string // absolute, in the image
	Source string // file on this machine; empty for a folder
	Mode   int64
	Owner  int // user and group id
}

// layerTar writes the entries and the folders above them as a tar archive.
func layerTar(entries []Entry) ([]byte, error) {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	made := map[string]bool{"/": true}
	for _, e := range sorted {
		if !path.IsAbs(e.Path) || path.Clean(e.Path) != e.Path {
			return nil, fmt.Errorf("%q is not a clean absolute path", e.Path)
		}
		if err := parents(w, made, e.Path); err != nil {
			return nil, err
		}
		if made[e.Path] {
			return nil, fmt.Errorf("%s is given twice", e.Path)
		}
		made[e.Path] = true
		if err := writeEntry(w, e); err != nil {
			return nil, fmt.Errorf("adding %s: %w", e.Path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("closing the layer: %w", err)
	}
	return out.Bytes(), nil
}

// parents writes the folders above p that are not there yet, from the top.
func parents(w *tar.Writer, made map[string]bool, p string) error {
	dir := path.Dir(p)
	if made[dir] {
		return nil
	}
	if err := parents(w, made, dir); err != nil {
		return err
	}
	made[dir] = true
	return writeEntry(w, Entry{Path: dir, Mode: 0o755})
}

func writeEntry(w *tar.Writer, e Entry) error {
	header := &tar.Header{
		Name: strings.TrimPrefix(e.Path, "/"), Mode: e.Mode, Uid: e.Owner, Gid: e.Owner,
		ModTime: time.Unix(0, 0).UTC(), Format: tar.FormatPAX,
	}
	if e.Source == "" {
		header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
		return w.WriteHeader(header)
	}
	f, err := os.Open(e.Source)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", e.Source)
	}
	header.Typeflag, header.Size = tar.TypeReg, st.Size()
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}
