// SPDX-License-Identifier: Apache-2.0

package node

import (
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/secret"
)

func goodConfig() Config {
	return Config{
		Shard: "pool-0", Pool: "ns.pool", Advertise: "10.0.0.7:8080", Listen: ":8080", OpsListen: ":9090", Version: "test",
		RedisURL: secret.New("redis://127.0.0.1:6379/0"), KeyPrefix: "gs", KeysDir: "/keys", Capacity: 100, MaxSockets: 1000,
		Lease: 3 * time.Second, DrainDeadline: time.Minute, RelayGrace: 0, ThawAfter: 250 * time.Millisecond,
		SnapshotEvery: 256,
	}
}

func TestConfigIsChecked(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   string // of the error; empty: there is none
	}{
		"good":             {func(*Config) {}, ""},
		"IPv6":             {func(c *Config) { c.Advertise = "[fd00::7]:8080" }, ""},
		"TLS to Redis":     {func(c *Config) { c.RedisURL = secret.New("rediss://user:secret@redis:6379/1") }, ""},
		"a CA without TLS": {func(c *Config) { c.RedisCA = "secret" }, "--redis-ca: the URL is not rediss://"},
		"no CA": {func(c *Config) {
			c.RedisURL, c.RedisCA = secret.New("rediss://user:secret@redis:6379/1"), "secret"
		}, "--redis-ca: there is no certificate"},
		"no name":              {func(c *Config) { c.Shard = "" }, "--name"},
		"name with a slash":    {func(c *Config) { c.Shard = "a/b" }, "--name"},
		"no pool":              {func(c *Config) { c.Pool = "" }, "--pool"},
		"no advertise":         {func(c *Config) { c.Advertise = "" }, "--advertise"},
		"advertise, no port":   {func(c *Config) { c.Advertise = "10.0.0.7" }, "--advertise"},
		"listen, no port":      {func(c *Config) { c.Listen = "0.0.0.0" }, "--listen"},
		"ops, no port":         {func(c *Config) { c.OpsListen = "x" }, "--ops-listen"},
		"Redis over http":      {func(c *Config) { c.RedisURL = secret.New("http://user:secret@redis") }, "--redis-url"},
		"no Redis":             {func(c *Config) { c.RedisURL = secret.New("") }, "--redis-url"},
		"prefix with a brace":  {func(c *Config) { c.KeyPrefix = "{gs" }, "--key-prefix"},
		"no keys":              {func(c *Config) { c.KeysDir = "" }, "--signing-keys"},
		"no capacity":          {func(c *Config) { c.Capacity = 0 }, "--capacity: 0 is not between 1 and 10000"},
		"too much capacity":    {func(c *Config) { c.Capacity = 10_001 }, "--capacity"},
		"no connections":       {func(c *Config) { c.MaxSockets = 0 }, "--max-connections"},
		"too many connections": {func(c *Config) { c.MaxSockets = 100_001 }, "--max-connections"},
		"an issuer": {func(c *Config) {
			c.Issuers.Issuers = []identity.Issuer{{Issuer: "a", Audience: "b", KeysFile: "/keys"}}
		}, ""},
		"an issuer over http": {func(c *Config) {
			c.Issuers.Issuers = []identity.Issuer{{Issuer: "a", Audience: "b", JWKSURL: "http://a/keys"}}
		}, "--issuers"},
		"limit of a class":     {func(c *Config) { c.MessageLimit.Classes = map[string]limit.Rule{"bot": {}} }, ""},
		"limit of no class":    {func(c *Config) { c.MessageLimit.Classes = map[string]limit.Rule{"gm": {}} }, "--limit-messages"},
		"origin with a path":   {func(c *Config) { c.Origins = []string{"https://a/"} }, "--allowed-origins"},
		"replicas below zero":  {func(c *Config) { c.Replicas = -1 }, "--redis-replicas"},
		"too many replicas":    {func(c *Config) { c.Replicas = 17 }, "--redis-replicas"},
		"no lease":             {func(c *Config) { c.Lease = 0 }, "--lease: 0s is not above zero"},
		"tiny lease":           {func(c *Config) { c.Lease = time.Nanosecond }, "--lease"},
		"no drain deadline":    {func(c *Config) { c.DrainDeadline = -time.Second }, "--drain-deadline"},
		"no thaw":              {func(c *Config) { c.ThawAfter = 0 }, "--thaw-after"},
		"checks below zero":    {func(c *Config) { c.CheckEvery = -1 }, "--check-every"},
		"traces":               {func(c *Config) { c.TraceEndpoint, c.TracePerMillion = "http://collector:4318", 1_000_000 }, ""},
		"traces to no URL":     {func(c *Config) { c.TraceEndpoint = "collector:4318" }, "--trace-endpoint"},
		"traces below zero":    {func(c *Config) { c.TracePerMillion = -1 }, "--trace-per-million"},
		"more than all traces": {func(c *Config) { c.TracePerMillion = 1_000_001 }, "--trace-per-million"},
		"grace below zero":     {func(c *Config) { c.RelayGrace = -1 }, "--relay-grace"},
		"snapshots at never":   {func(c *Config) { c.SnapshotEvery = 0 }, "--snapshot-every"},
		"snapshots too rare":   {func(c *Config) { c.SnapshotEvery = 513 }, "--snapshot-every"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := goodConfig()
			tc.change(&c)
			err := c.Validate()
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("error %v, want one about %s", err, tc.want)
			case err != nil && strings.Contains(err.Error(), "secret"):
				t.Errorf("the error repeats a password: %v", err)
			case err != nil && strings.Count(err.Error(), "--") > 1:
				t.Errorf("more than what is wrong: %v", err)
			}
		})
	}
}

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	err := (&Config{}).Validate()
	for _, flag := range []string{"--name", "--pool", "--advertise", "--listen", "--ops-listen", "--redis-url", "--signing-keys", "--capacity", "--lease"} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("nothing about %s in:\n%v", flag, err)
		}
	}
}
