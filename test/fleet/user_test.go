// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/redistest"
)

var (
	// userLine is the command of docs/redis.md that makes the user.
	userLine = regexp.MustCompile(`(?m)^ACL SETUSER gamesession (on >PASSWORD .*)$`)
	callsOf  = regexp.MustCompile(`(?m)^cmdstat_([a-z|]+):calls=`)
)

// TestUserOfTheDocument: the user that the documentation makes in Redis can do all
// that shards and operator do, and is granted nothing that they do not use.
func TestUserOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/redis.md")
	check(t, err)
	line := userLine.FindSubmatch(text)
	if line == nil {
		t.Fatal("docs/redis.md makes no user")
	}
	server := redistest.Start(t)
	redistest.StartReplica(t, server)
	admin := redis.NewClient(server.Options())
	t.Cleanup(func() { _ = admin.Close() })
	check(t, admin.ACLSetUser(t.Context(), "gamesession", strings.Fields(strings.Replace(string(line[1]), "PASSWORD", "pw", 1))...).Err())
	check(t, admin.ConfigResetStat(t.Context()).Err())

	opt := server.Options()
	opt.Username, opt.Password = "gamesession", "pw"
	useRedis(t, newFleet(t, shardBinary, server, opt), "--redis-replicas", "1",
		"--redis-url", strings.Replace(server.URL(), "://", "://gamesession:pw@", 1))

	denied, err := admin.Do(t.Context(), "ACL", "LOG").Slice()
	check(t, err)
	for _, entry := range denied {
		t.Errorf("denied: %v", entry)
	}
	stats, err := admin.Info(t.Context(), "commandstats").Result()
	check(t, err)
	var used []string
	for _, m := range callsOf.FindAllStringSubmatch(stats, -1) {
		used = append(used, m[1])
	}
	for grant := range strings.FieldsSeq(string(line[1])) {
		if command, is := strings.CutPrefix(grant, "+"); is && !slices.Contains(used, command) {
			t.Errorf("%s is granted, and nothing uses it", command)
		}
	}
}

// useRedis does all that leads to another command: sessions begin, are played, move,
// are taken over and forgotten; shards are drained and forgotten; limits and tickets
// are counted. The shards have further flags.
func useRedis(t *testing.T, f *Fleet, flags ...string) {
	t.Helper()
	flags = append(flags, "--snapshot-every", "8", "--limit-connects", "1000/1m", "--limit-joins", "1000/1m", "--limit-state-updates", "1000/1m")
	start := func(name string) *Shard { return f.Start(name, flags...) }
	a, b := start("a"), start("b")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := f.Registry.Wakeups(ctx, Pool)
	f.Create("s1", a)
	table := f.PlayAs("s1", a, b, client.Options{FollowMoves: true})
	table.AwaitProgress(20)
	f.Move("s1", b)
	table.AwaitProgress(20)
	f.Assign("s1", a, journal.ModeFailover)
	f.AwaitOwner("s1", a.Name)
	table.AwaitProgress(20)
	f.Dial("s1", "ann", auth.Player, b, client.Options{Credentials: client.Tickets{
		URL: "http://" + b.Address, Session: "s1",
		Authorize: func(r *http.Request) error {
			r.Header.Set(wire.TokenHeader, f.Token("s1", "ann", auth.Player))
			return nil
		},
	}})
	table.Finish()

	_, err := f.Registry.Sessions(ctx, []string{"s1"})
	check(t, err)
	_, err = f.Registry.Health(ctx)
	check(t, err)
	_, err = f.Registry.Shards(ctx, Pool, []string{a.Name, b.Name})
	check(t, err)
	check(t, f.Registry.SetHints(ctx, b.Name, nil))
	check(t, f.Registry.SetDrain(ctx, b.Name, true))
	check(t, f.Registry.SetDrain(ctx, b.Name, false))
	check(t, f.Registry.ForgetSession(ctx, "s1", f.epochs["s1"]))
	check(t, f.Registry.ForgetShard(ctx, Pool, b.Name))
	<-told
}
