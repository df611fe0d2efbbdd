// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

var probe = &http.Client{Timeout: 2 * time.Second}

func (s *Shard) ready() bool {
	status, _, err := s.get("/readyz")
	return err == nil && status == http.StatusOK
}

// get reads one page of the shard's operations port.
func (s *Shard) get(path string) (status int, body string, err error) {
	resp, err := probe.Get("http://" + s.Ops + path)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, string(text), err
}

// Metric sums the samples of a metric, over the labels that contain the given
// text.
func (s *Shard) Metric(t testing.TB, name, labels string) float64 {
	t.Helper()
	_, body, err := s.get("/metrics")
	check(t, err)
	sum := 0.0
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, name) || !strings.Contains(line, labels) {
			continue
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		check(t, err)
		sum += value
	}
	return sum
}
