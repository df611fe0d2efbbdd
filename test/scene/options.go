// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Images names the images of a scene.
type Images struct {
	Operator  string
	Shard     string
	ShardNext string // another build of the shard, for the rollout
	Redis     string
}

// Options say where a scene is played and how large it is.
type Options struct {
	Root       string // of the repository
	Dist       string // folder of the built programs; results go there too
	Kubeconfig string
	// StateDir is the local cluster's state folder; empty for another cluster,
	// whose processes are out of reach.
	StateDir string
	Images   Images
	Sessions int
	Shards   int
	Rate     int // commands a second in each session
	Progress io.Writer
}

// Local says whether this is the cluster that hack/cluster starts.
func (o Options) Local() bool { return o.StateDir != "" }

// FromEnvironment returns the options that the Makefile's variables ask for:
// CLUSTER (local or existing), DIST, KUBECONFIG, GAMESESSION_CLUSTER_DIR and
// IMG_OPERATOR, IMG_SHARD, IMG_SHARD_NEXT, IMG_REDIS.
func FromEnvironment(progress io.Writer) (Options, error) {
	root, err := repository()
	if err != nil {
		return Options{}, err
	}
	opts := Options{
		Root: root, Dist: filepath.Join(root, env("DIST", "dist")),
		Sessions: 20, Shards: 3, Rate: 12, Progress: progress,
	}
	switch mode := env("CLUSTER", "local"); mode {
	case "local":
		opts.StateDir = env("GAMESESSION_CLUSTER_DIR", "/var/lib/gamesession-cluster")
		opts.Kubeconfig = filepath.Join(opts.StateDir, "kubeconfig")
		opts.Images = Images{
			Operator: "gamesession/operator:dev", Shard: "gamesession/shard:dev",
			ShardNext: "gamesession/shard:next", Redis: "gamesession/redis:7",
		}
		return opts, nil
	case "existing":
		opts.Kubeconfig = os.Getenv("KUBECONFIG")
		opts.Images, err = imagesFromEnvironment()
		return opts, err
	default:
		return Options{}, fmt.Errorf("CLUSTER=%q: must be local or existing", mode)
	}
}

func imagesFromEnvironment() (Images, error) {
	var i Images
	var missing []string
	for name, field := range map[string]*string{
		"IMG_OPERATOR": &i.Operator, "IMG_SHARD": &i.Shard,
		"IMG_SHARD_NEXT": &i.ShardNext, "IMG_REDIS": &i.Redis,
	} {
		if *field = os.Getenv(name); *field == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return Images{}, fmt.Errorf("CLUSTER=existing needs images that the cluster can pull: set %s", sorted(missing))
	}
	return i, nil
}

// repository finds the folder with this module's go.mod, from the working
// folder upwards.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module gamesession.dev/operator\n") {
			return dir, nil
		}
	}
	return "", errors.New("finding the repository: run this inside of it")
}

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
