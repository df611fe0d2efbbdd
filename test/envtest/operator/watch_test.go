// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// What goes wrong with an event of a watch.
const (
	// dropped: it and what follows for a while never come, then the watch ends
	// as one that is too old does.
	dropped kind = "watch event dropped"
	doubled kind = "watch event twice"
	delayed kind = "watch event delayed"
)

var watchKinds = []kind{dropped, doubled, delayed}

// late is how long a delayed event is late, and how long a watch stays silent
// before it breaks.
const late = 700 * time.Millisecond

// spoiler lets one watch event go wrong: the at-th that an operator gets.
type spoiler struct {
	at   int
	kind kind

	mu     sync.Mutex
	events int
	what   string
}

// next counts an event and says whether it is the one.
func (s *spoiler) next(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events++
	if s.events == s.at {
		s.what = what
	}
	return s.events == s.at
}

// wrap reads along with every watch that goes through a transport.
func (s *spoiler) wrap(next http.RoundTripper) http.RoundTripper {
	return trip(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		watches := r.Method == http.MethodGet && (r.URL.Query().Get("watch") == "true" || r.URL.Query().Get("watch") == "1")
		if err != nil || !watches || response.StatusCode != http.StatusOK {
			return response, err
		}
		read, write := io.Pipe()
		body := response.Body
		response.Body = pipe{read, body}
		go func() { _ = write.CloseWithError(s.copy(write, bufio.NewReader(body))) }()
		return response, nil
	})
}

type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// pipe closes what it is fed from, too.
type pipe struct {
	*io.PipeReader
	from io.Closer
}

func (p pipe) Close() error {
	_ = p.PipeReader.Close() // never fails
	return p.from.Close()
}

const tooOld = `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410,"message":"too old resource version"}}` + "\n"

// copy passes the events on, one a line.
func (s *spoiler) copy(to io.Writer, from *bufio.Reader) error {
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			return err
		}
		times := 1
		if what := eventName(line); what != "" && s.next(what) {
			switch s.kind {
			case dropped:
				time.Sleep(late)
				if _, err := io.WriteString(to, tooOld); err != nil {
					return err
				}
				return io.EOF
			case delayed:
				time.Sleep(late)
			default:
				times = 2
			}
		}
		for range times {
			if _, err := to.Write(line); err != nil {
				return err
			}
		}
	}
}

// eventName names a change; bookmarks have none.
func eventName(line []byte) string {
	var e struct {
		Type   string `json:"type"`
		Object struct {
			Kind     string `json:"kind"`
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
		} `json:"object"`
	}
	if json.Unmarshal(line, &e) != nil || e.Type == "BOOKMARK" || e.Type == "ERROR" {
		return ""
	}
	return fmt.Sprintf("%s %s %s", e.Type, e.Object.Kind, e.Object.Metadata.Name)
}

func (s *spoiler) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events
}

func (s *spoiler) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.what
}
