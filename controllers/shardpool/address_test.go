// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/test/tlstest"
)

// TestAddressIn: what a Secret says of Redis, and which key of it is wrong.
func TestAddressIn(t *testing.T) {
	dir := t.TempDir()
	tlstest.New(t).Mount(dir, "redis")
	text, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	ca := string(text)
	const secure = "rediss://user:password@redis:6379/0"
	for name, tc := range map[string]struct {
		data  map[string]string
		want  redisaddr.Address
		wrong string
	}{
		"a URL":            {map[string]string{"url": "redis://redis"}, redisaddr.Address{URL: "redis://redis"}, ""},
		"with TLS":         {map[string]string{"url": secure, "more": "x"}, redisaddr.Address{URL: secure}, ""},
		"and a CA":         {map[string]string{"url": secure, "ca.crt": ca}, redisaddr.Address{URL: secure, CA: ca}, ""},
		"an empty CA":      {map[string]string{"url": secure, "ca.crt": ""}, redisaddr.Address{URL: secure}, ""},
		"nothing":          {nil, redisaddr.Address{}, "Secret redis has no key url with the URL of Redis"},
		"only a CA":        {map[string]string{"ca.crt": ca}, redisaddr.Address{}, "Secret redis has no key url with the URL of Redis"},
		"no URL":           {map[string]string{"url": "http://user:password@redis"}, redisaddr.Address{}, "Secret redis, key url: the URL of Redis must be redis://"},
		"no CA":            {map[string]string{"url": secure, "ca.crt": "password"}, redisaddr.Address{}, "Secret redis, key ca.crt: there is no certificate in PEM"},
		"a CA without TLS": {map[string]string{"url": "redis://redis", "ca.crt": ca}, redisaddr.Address{}, "Secret redis, key ca.crt: the URL is not rediss://"},
	} {
		t.Run(name, func(t *testing.T) {
			data := map[string][]byte{}
			for key, value := range tc.data {
				data[key] = []byte(value)
			}
			got, wrong := addressIn(data, v1alpha1.SecretKeyRef{Name: "redis", Key: "url"})
			if !strings.HasPrefix(wrong, tc.wrong) || (wrong == "") != (tc.wrong == "") || strings.Contains(wrong, "password") && !strings.Contains(wrong, "[user:password@]") {
				t.Errorf("says %q, want %q", wrong, tc.wrong)
			}
			if wrong == "" && got != tc.want {
				t.Errorf("the address is %v, want %v", got, tc.want)
			}
		})
	}
}
