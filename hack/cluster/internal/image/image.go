// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// NonRoot is the user of images that do not say otherwise.
const NonRoot = 65532

// Spec says what an image holds and how it starts.
type Spec struct {
	Name       string // as pods name it, with a tag
	Entries    []Entry
	Entrypoint []string
	Env        []string
	User       int
	WorkingDir string
	Labels     map[string]string
}

// Build makes the image in memory and returns it with its tag.
func Build(spec Spec) (name.Tag, v1.Image, error) {
	tag, err := name.NewTag(spec.Name)
	if err != nil {
		return name.Tag{}, nil, fmt.Errorf("reading the image name: %w", err)
	}
	layerBytes, err := layerTar(spec.Entries)
	if err != nil {
		return name.Tag{}, nil, fmt.Errorf("packing %s: %w", spec.Name, err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(layerBytes)), nil
	}, tarball.WithCompressionLevel(1)) // it is read once, on this machine
	if err != nil {
		return name.Tag{}, nil, fmt.Errorf("packing %s: %w", spec.Name, err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return name.Tag{}, nil, fmt.Errorf("packing %s: %w", spec.Name, err)
	}
	img, err = configure(img, spec)
	if err != nil {
		return name.Tag{}, nil, fmt.Errorf("configuring %s: %w", spec.Name, err)
	}
	return tag, img, nil
}

func configure(img v1.Image, spec Spec) (v1.Image, error) {
	file, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	user := strconv.Itoa(spec.User)
	file.Config = v1.Config{
		Entrypoint: spec.Entrypoint,
		Env:        append([]string{"PATH=/usr/local/bin:/usr/bin:/bin"}, spec.Env...),
		User:       user + ":" + user,
		WorkingDir: spec.WorkingDir,
		Labels:     spec.Labels,
	}
	return mutate.ConfigFile(img, file)
}

// WriteArchive builds the image and writes its archive to out, which appears
// only when it is complete. It returns the digest of the image's configuration.
func WriteArchive(spec Spec, out string) (string, error) {
	tag, img, err := Build(spec)
	if err != nil {
		return "", err
	}
	id, err := img.ConfigName()
	if err != nil {
		return "", fmt.Errorf("digesting %s: %w", spec.Name, err)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return "", fmt.Errorf("making the archive's folder: %w", err)
	}
	part := out + ".part"
	if err := tarball.WriteToFile(part, tag, img); err != nil {
		return "", fmt.Errorf("writing the archive of %s: %w", spec.Name, err)
	}
	if err := os.Rename(part, out); err != nil {
		return "", fmt.Errorf("placing the archive of %s: %w", spec.Name, err)
	}
	return id.String(), nil
}

// Names returns the image names in an archive.
func Names(archive string) ([]string, error) {
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(archive) })
	if err != nil {
		return nil, fmt.Errorf("reading archive %s: %w", archive, err)
	}
	var names []string
	for _, d := range manifest {
		for _, t := range d.RepoTags {
			tag, err := name.NewTag(t)
			if err != nil {
				return nil, fmt.Errorf("reading archive %s: %w", archive, err)
			}
			names = append(names, canonical(tag))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("archive %s names no image", archive)
	}
	return names, nil
}

// canonical is the name as containerd keeps it.
func canonical(tag name.Tag) string {
	registry := tag.RegistryStr()
	if registry == name.DefaultRegistry {
		registry = "docker.io"
	}
	return registry + "/" + tag.RepositoryStr() + ":" + tag.TagStr()
}
