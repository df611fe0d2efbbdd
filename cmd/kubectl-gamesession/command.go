// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/redisaddr"
)

// command is a parsed command line.
type command struct {
	verb, session                  string
	kubeconfig, context, namespace string

	to      string // move
	wait    bool
	timeout time.Duration

	player, role string // token
	ttl          time.Duration
	character    string
	class        string
	generation   uint64

	redis     redisaddr.Address // transcript
	keyPrefix string
	store     *redis.Options
	keys      journal.Keys

	kube client.Client
	out  io.Writer
}

// parse reads a command line. Flags may stand anywhere.
func parse(args []string) (*command, error) {
	c := &command{}
	set := flag.NewFlagSet("kubectl gamesession", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&c.kubeconfig, "kubeconfig", "", "")
	set.StringVar(&c.context, "context", "", "")
	set.StringVar(&c.namespace, "namespace", "", "")
	set.StringVar(&c.namespace, "n", "", "")
	set.StringVar(&c.to, "to", "", "")
	set.BoolVar(&c.wait, "wait", false, "")
	set.DurationVar(&c.timeout, "timeout", 30*time.Second, "")
	set.StringVar(&c.player, "player", "", "")
	set.StringVar(&c.role, "role", "", "")
	set.DurationVar(&c.ttl, "ttl", time.Hour, "")
	set.StringVar(&c.redis.URL, "redis-url", os.Getenv("REDIS_URL"), "")
	c.redis.CA = os.Getenv("REDIS_CA")
	set.Func("redis-ca", "", func(path string) (err error) {
		c.redis.CA, err = redisaddr.ReadCA(path)
		return err
	})
	set.StringVar(&c.keyPrefix, "key-prefix", journal.DefaultPrefix, "")
	set.StringVar(&c.character, "character", "", "")
	set.StringVar(&c.class, "class", "", "")
	set.Uint64Var(&c.generation, "generation", 0, "")
	words, err := parseWords(set, args)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, wrong("say what to do: status, move, token, transcript or verify")
	}
	c.verb = words[0]
	allowed, known := verbs[c.verb]
	if !known {
		return nil, wrong("unknown command %q: it must be status, move, token, transcript or verify", c.verb)
	}
	set.Visit(func(f *flag.Flag) {
		if !allowed[f.Name] && !common[f.Name] {
			err = wrong("%s does not take --%s", c.verb, f.Name)
		}
	})
	if err != nil {
		return nil, err
	}
	return c, c.takeWords(words[1:])
}

var (
	common = map[string]bool{"kubeconfig": true, "context": true, "namespace": true, "n": true}
	verbs  = map[string]map[string]bool{
		"status":     {},
		"version":    {},
		"verify":     {},
		"move":       {"to": true, "wait": true, "timeout": true},
		"token":      {"player": true, "role": true, "ttl": true, "character": true, "class": true, "generation": true},
		"transcript": {"redis-url": true, "redis-ca": true, "key-prefix": true},
	}
)

// parseWords parses flags and returns what is none.
func parseWords(set *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := set.Parse(args); err != nil {
			if err == flag.ErrHelp { //nolint:errorlint // the package returns it bare
				return nil, err
			}
			return nil, &usageError{err.Error()}
		}
		if set.NArg() == 0 {
			return words, nil
		}
		words = append(words, set.Arg(0))
		args = set.Args()[1:]
	}
}

func (c *command) takeWords(words []string) error {
	if len(words) > 1 {
		return wrong("unexpected argument %q", words[1])
	}
	if len(words) == 1 {
		c.session = words[0]
	}
	if c.verb != "status" && c.verb != "version" && c.session == "" {
		what := "session"
		if c.verb == "verify" {
			what = "file"
		}
		return wrong("%s: name the %s", c.verb, what)
	}
	switch c.verb {
	case "token":
		return c.checkToken()
	case "transcript":
		return c.checkStore()
	}
	if c.timeout <= 0 {
		return wrong("--timeout is %s, it must be above 0", c.timeout)
	}
	return nil
}

// checkStore reads where the journals are.
func (c *command) checkStore() (err error) {
	switch c.store, err = c.redis.Options(); {
	case errors.Is(err, redisaddr.ErrURL):
		return wrong("--redis-url %v", err)
	case err != nil:
		return wrong("--redis-ca: %v", err)
	}
	if c.keys, err = journal.NewKeys(c.keyPrefix); err != nil {
		return wrong("--key-prefix: %v", err)
	}
	return nil
}

func (c *command) checkToken() error {
	switch {
	case c.player == "":
		return wrong("token: name the player with --player")
	case !auth.ValidPlayer(c.player):
		return wrong("--player is %.80q, it must have 1 to 63 characters of A-Z a-z 0-9 . _ -", c.player)
	case !auth.Role(c.role).Valid():
		return wrong("--role is %.40q, it must be gm, player or spectator", c.role)
	case !auth.Class(c.class).Valid():
		return wrong("--class is %.40q, it must be bot or service", c.class)
	case c.ttl < time.Second || c.ttl > 30*24*time.Hour:
		return wrong("--ttl is %s, it must be from 1s to 720h", c.ttl)
	}
	return nil
}

// connector returns a client and the namespace to work in.
type connector func(kubeconfig, context, namespace string) (client.Client, string, error)

func connect(kubeconfig, context, namespace string) (client.Client, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, "", errors.New("there is no kubeconfig: set KUBECONFIG or give --kubeconfig")
	}
	if err != nil {
		return nil, "", fmt.Errorf("loading the kubeconfig: %w", err)
	}
	if namespace == "" {
		if namespace, _, err = loader.Namespace(); err != nil {
			return nil, "", fmt.Errorf("loading the kubeconfig: %w", err)
		}
	}
	kube, err := client.New(config, client.Options{Scheme: scheme()})
	if err != nil {
		return nil, "", fmt.Errorf("connecting to the cluster: %w", err)
	}
	return kube, namespace, nil
}

func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(v1alpha1.AddToScheme(s))
	return s
}
