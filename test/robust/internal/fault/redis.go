// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"gamesession.dev/operator/test/robust/internal/stage"
)

// killRedis is F6: SIGKILL, and a start on the same files; in some the file ends
// in the middle of a command that was never acknowledged.
func killRedis(ctx context.Context, w *World) (bool, error) {
	w.redis.Lock()
	defer w.redis.Unlock()
	server := w.Stage.Store.Primary()
	server.Kill()
	if w.rng.IntN(3) == 0 {
		if err := tear(server.Dir()); err != nil {
			return false, err
		}
	}
	sleep(ctx, w.between(10*time.Millisecond, 600*time.Millisecond))
	return true, server.Restart()
}

// tear leaves half a command at the end of the newest append-only file.
func tear(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("looking for the append-only file: %w", err)
	}
	f, err := os.OpenFile(files[len(files)-1], os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = f.WriteString("*5\r\n$4\r\nXADD\r\n$120\r\ngs:{0000")
	return err
}

// failover is F7: the replica is cut off, the primary dies, the replica becomes
// the primary. What had not reached it was not acknowledged.
func failover(ctx context.Context, w *World) (bool, error) {
	w.redis.Lock()
	defer w.redis.Unlock()
	w.Stage.Store.Replication().Cut()
	sleep(ctx, w.between(20*time.Millisecond, 300*time.Millisecond))
	w.Stage.Store.Primary().Kill()
	return true, w.promote()
}

// promote is not cut short by the end of a history: it must not end half way.
func (w *World) promote() error {
	if _, err := w.Stage.Store.Promote(context.Background()); err != nil {
		return err
	}
	w.Stage.Logf("fault: redis failed over to %s", w.Stage.Store.Primary().Addr())
	return w.Stage.PointRedis()
}

// zombieRedis is F9: both servers are primaries for a while, and one shard, or
// all of them, still use the old one, while the operator uses the new one. Another
// fault may take the sessions from that shard: then their next owner is led there.
func zombieRedis(ctx context.Context, w *World) (bool, error) {
	w.redis.Lock()
	defer w.redis.Unlock()
	w.Stage.Store.Replication().Cut()
	old, err := w.Stage.Store.Promote(context.Background())
	if err != nil {
		return false, err
	}
	to := w.Stage.Store.Primary().Addr()
	if err := w.Stage.OperatorRedis().Point(to); err != nil {
		return false, err
	}
	before := w.unconfirmed()
	bit := func() bool { return w.unconfirmed() > before }
	all := w.rng.IntN(2) == 0
	for range 3 {
		if err := w.split(ctx, old.Addr(), to, all); err != nil {
			return false, err
		}
		if await(ctx, 2*time.Second, bit) {
			break
		}
		all = false // somebody must hear the operator for sessions to get another owner
	}
	old.Kill()
	return bit(), w.Stage.PointRedis()
}

// unconfirmed counts the appends that were refused for want of a replica.
func (w *World) unconfirmed() (n float64) {
	for _, s := range w.Stage.Shards() {
		n += s.Metric("gamesession_journal_refused_total", `"notreplicated"`)
	}
	return n
}

// split has an owner, or all shards, use the old server, and the others the new one.
func (w *World) split(ctx context.Context, old, to string, all bool) error {
	_, left, _ := w.owner(ctx)
	for _, s := range w.Stage.Shards() {
		server := to
		if all || left == nil || s == left {
			server = old
		}
		if err := s.Redis.Point(server); err != nil {
			return err
		}
	}
	return nil
}

// epochBack is F10: moves are made that the replica never hears of, and Redis fails
// over: its epochs lie behind those of the operator.
func epochBack(ctx context.Context, w *World) (bool, error) {
	w.redis.Lock()
	defer w.redis.Unlock()
	w.Stage.Store.Replication().Cut()
	for i := range w.Stage.Sessions() {
		if err := w.move(ctx, i); err != nil {
			return false, err
		}
	}
	ahead := await(ctx, 4*time.Second, func() bool { return w.operatorIsAhead(ctx) })
	sleep(ctx, w.between(10*time.Millisecond, 400*time.Millisecond))
	w.Stage.Store.Primary().Kill()
	return ahead, w.promote()
}

// operatorIsAhead says whether it has given out an epoch that the replica does not
// know.
func (w *World) operatorIsAhead(ctx context.Context) bool {
	for i, id := range w.Stage.Sessions() {
		_, placed := w.Stage.Placement(ctx, i)
		known, err := w.Stage.Store.AskReplica(ctx, "HGET", "gs:{"+id+"}:assign", "epoch")
		text, _ := known.(string)
		if epoch, bad := strconv.ParseInt(text, 10, 64); err == nil && bad == nil && placed > epoch {
			return true
		}
	}
	return false
}

// outOfMemory is F20: Redis refuses what needs memory.
func outOfMemory(ctx context.Context, w *World) (bool, error) {
	w.redis.Lock()
	defer w.redis.Unlock()
	for _, set := range []string{"1mb", "0"} {
		if _, err := w.Stage.Store.Ask(context.Background(), "CONFIG", "SET", "maxmemory", set); err != nil {
			return false, err
		}
		if set != "0" {
			sleep(ctx, w.between(200*time.Millisecond, 900*time.Millisecond))
		}
	}
	info, err := w.Stage.Store.Ask(context.Background(), "INFO", "errorstats")
	text, _ := info.(string)
	return strings.Contains(text, "errorstat_OOM"), err
}

// diskFull is F21: the append-only file cannot grow any more, in the middle of
// a write. The server ends at once, and is started again when there is room.
func diskFull(ctx context.Context, w *World) (bool, error) {
	w.redis.Lock()
	defer w.redis.Unlock()
	server := w.Stage.Store.Primary()
	pid, err := w.Stage.Store.Pid(ctx)
	if err != nil {
		return false, err
	}
	size, err := largest(filepath.Join(server.Dir(), "appendonlydir"))
	if err != nil {
		return false, err
	}
	limit := unix.Rlimit{Cur: size + 100, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		return false, fmt.Errorf("limiting the files of redis-server %s: %w", strconv.Itoa(pid), err)
	}
	full := false
	select {
	case <-server.Exited():
		full = true
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
	}
	server.Kill()
	sleep(ctx, w.between(10*time.Millisecond, 300*time.Millisecond))
	return full, server.Restart()
}

func largest(dir string) (uint64, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	most := int64(0)
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			most = max(most, info.Size())
		}
	}
	return uint64(most), nil
}

// corrupt is F22: the newest snapshot of a session is damaged, and its owner dies:
// the next one must not use it.
func corrupt(ctx context.Context, w *World) (bool, error) {
	session, bit := w.session(), false
	var err error
	await(ctx, 3*time.Second, func() bool {
		w.redis.Lock()
		defer w.redis.Unlock()
		bit, err = w.damage(w.Stage.Sessions()[session])
		return bit || err != nil
	})
	if !bit {
		return false, err
	}
	name, epoch := w.Stage.Owner(ctx, session)
	if s := w.Stage.Shard(name); s == nil || !kill(s) {
		return false, nil
	}
	return await(ctx, 20*time.Second, func() bool {
		_, now := w.Stage.Owner(ctx, session)
		return now > epoch
	}), nil
}

// damage changes the newest snapshot of a session: a bit, or all that follows
// some point.
func (w *World) damage(id string) (bool, error) {
	ctx := context.Background()
	key := "gs:{" + id + "}:snapshots"
	answer, err := w.Stage.Store.Ask(ctx, "HGETALL", key)
	if err != nil {
		return false, err
	}
	stored, _ := answer.([]any) // field, value, …
	newest, version := "", -1
	var data []byte
	for i := 0; i+1 < len(stored); i += 2 {
		name, _ := stored[i].(string)
		value, _ := stored[i+1].(string)
		if slices.Contains(w.Stage.Store.Damaged(), stage.Damage{Session: id, Position: name}) {
			return false, nil // two are kept, and nothing survives the loss of both
		}
		_, text, _ := strings.Cut(name, "-")
		if n, err := strconv.Atoi(text); err == nil && n > version {
			newest, version, data = name, n, []byte(value)
		}
	}
	if newest == "" {
		return false, nil
	}
	at := len(data)/2 + w.rng.IntN(len(data)/2)
	if w.rng.IntN(2) == 0 {
		data = data[:at]
	} else {
		data[at] ^= 1
	}
	return true, w.Stage.Store.Damage(ctx, stage.Damage{Session: id, Position: newest}, data)
}
