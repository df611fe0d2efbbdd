// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/wire"
)

func TestBodies(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17)
	type headers map[string]string
	for name, tc := range map[string]struct {
		body    string
		headers headers
		code    string // "": taken
	}{
		"good":               {`{"version": 1}`, nil, ""},
		"none":               {"", headers{"Content-Type": ""}, ""},
		"with a charset":     {`{"version": 1}`, headers{"Content-Type": "application/json; charset=UTF-8"}, ""},
		"another charset":    {`{"version": 1}`, headers{"Content-Type": "application/json; charset=latin1"}, wire.CodeMediaType},
		"no content type":    {`{"version": 1}`, headers{"Content-Type": ""}, wire.CodeMediaType},
		"a form":             {`version=1`, headers{"Content-Type": "application/x-www-form-urlencoded"}, wire.CodeMediaType},
		"compressed":         {`{"version": 1}`, headers{"Content-Encoding": "gzip"}, wire.CodeMediaType},
		"too large":          {`{"version": ` + strings.Repeat(" ", 4096) + `1}`, nil, wire.CodeTooLarge},
		"unknown field":      {`{"version": 1, "admin": true}`, nil, wire.CodeBadRequest},
		"another spelling":   {`{"Version": 1}`, nil, wire.CodeBadRequest},
		"twice":              {`{"version": 1, "version": 2}`, nil, wire.CodeBadRequest},
		"something behind":   {`{"version": 1}{}`, nil, wire.CodeBadRequest},
		"deep":               {deep, nil, wire.CodeBadRequest},
		"not UTF-8":          {"{\"note\": \"\xff\"}", nil, wire.CodeBadRequest},
		"half of a pair":     {`{"note": "\ud800"}`, nil, wire.CodeBadRequest},
		"beyond 2^53":        {`{"version": 9007199254740993}`, nil, wire.CodeBadRequest},
		"not a number":       {`{"version": NaN}`, nil, wire.CodeBadRequest},
		"a list":             {`[1]`, nil, wire.CodeBadRequest},
		"null":               {`null`, nil, wire.CodeBadRequest},
		"a byte order mark":  {"\ufeff{}", nil, wire.CodeBadRequest},
		"cut off":            {`{"version": 1`, nil, wire.CodeBadRequest},
		"nothing but spaces": {"  ", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tc.body))
			r.Header.Set("Content-Type", "application/json")
			for k, v := range tc.headers {
				r.Header.Set(k, v)
			}
			body, problem := ReadBody(httptest.NewRecorder(), r, 4096)
			if problem == nil {
				var v struct {
					Version uint64 `json:"version"`
					Note    string `json:"note"`
				}
				problem = Decode(body, &v)
			}
			got := ""
			if problem != nil {
				got = problem.Code
			}
			if got != tc.code {
				t.Errorf("got %q (%v), want %q", got, problem, tc.code)
			}
			if problem != nil && strings.Contains(problem.Message, "frame") {
				t.Errorf("message %q speaks of frames", problem.Message)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for _, f := range wire.Faults {
		if f.Status == 0 {
			continue
		}
		w := httptest.NewRecorder()
		(&Problem{Code: f.Code, Message: "why", Details: map[string]any{"a": 1}, After: 1500 * time.Millisecond}).Write(w)
		var body wire.ErrorBody
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Code != f.Code || body.Message != "why" || len(body.Details) != 1 {
			t.Errorf("%s: body %s, %v", f.Code, w.Body, err)
		}
		if w.Code != f.Status || (w.Header().Get("Retry-After") == "2") != f.Again || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, header %v", f.Code, w.Code, w.Header())
		}
	}
}

func TestTokenInQuery(t *testing.T) {
	for query, want := range map[string]bool{
		"": false, "paths=/combat": false, "token=x": true, "session_token=x": true, "access_TOKEN=x": true,
		"authorization=x": true, "jwt=x": true, "Ticket=x": true, "%zz&token=x": true, "after=3": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.RawQuery = query
		if got := TokenInQuery(r); got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}

// FuzzDecode: what it takes, every reader reads alike: what was read and is
// written again gives the same when it is read once more.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, ``, `{"version":1,"edits":[{"path":"/a","value":{"b":[1]}}]}`, `{"version":1e3}`, `{"a":"\ud800"}`, `[`, `{"version":1}x`, "\xef\xbb\xbf{}"} {
		f.Add([]byte(s))
	}
	type edit struct {
		Path  string          `json:"path"`
		Value json.RawMessage `json:"value"`
	}
	type object struct {
		Version uint64 `json:"version,omitempty"`
		Edits   []edit `json:"edits,omitempty"`
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var first, again object
		if problem := Decode(body, &first); problem != nil {
			if problem.Code != wire.CodeBadRequest || problem.Message == "" {
				t.Fatalf("%+v", problem)
			}
			return
		}
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if problem := Decode(text, &again); problem != nil {
			t.Fatalf("%s was taken, %s is not: %s", body, text, problem.Message)
		}
		if second, _ := json.Marshal(again); string(second) != string(text) {
			t.Fatalf("%s became %s", text, second)
		}
	})
}
