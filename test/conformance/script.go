// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Script is one conversation.
type Script struct {
	// Promise is what the conversation shows.
	Promise string `json:"promise"`
	// Follow and Preconnect are how the client is to behave when its session moves.
	Follow     bool `json:"follow"`
	Preconnect bool `json:"preconnect"`
	// Tickets has the client ask for a ticket before each connection, in place of the
	// token that it is given: the shard gives ticket-1, ticket-2 and so on.
	Tickets bool `json:"tickets"`
	// AnswerTimeoutMillis is after how long a command is sent again; 0: as usual.
	AnswerTimeoutMillis int `json:"answer_timeout_ms"`
	// Each runs the script once for every value of a variable.
	Each map[string][]json.RawMessage `json:"each"`

	Steps []Step `json:"steps"`
}

// Step is one thing that happens: exactly one of the fields that name what is set.
// In frames and answers a text that begins with $ is a variable: it takes whatever
// stands there first, and is that from then on.
type Step struct {
	// Accept waits for a connection, and gives it a name.
	Accept string `json:"accept,omitempty"`
	Path   string `json:"path,omitempty"`  // that it must be opened at
	Token  string `json:"token,omitempty"` // that it must hand over
	// To sends a frame to the client; By waits for one that has at least this, and
	// passes over heartbeats.
	To    string          `json:"to,omitempty"`
	By    string          `json:"by,omitempty"`
	Frame json.RawMessage `json:"frame,omitempty"`
	// Close closes a connection with a code, Cut without a word. Left waits until
	// the client has closed it with 1000.
	Close string          `json:"close,omitempty"`
	Code  json.RawMessage `json:"code,omitempty"`
	Cut   string          `json:"cut,omitempty"`
	Left  string          `json:"left,omitempty"`
	// Gone waits until a connection has ended, however that came about.
	Gone string `json:"gone,omitempty"`
	// Refuse answers handshakes with a status from now on; 0: no longer.
	Refuse json.RawMessage `json:"refuse,omitempty"`
	// Spend has the next ticket that is given be used up already.
	Spend bool `json:"spend,omitempty"`
	// Do has the client send a command; Answer waits for what came of it.
	Do     string          `json:"do,omitempty"`
	Action json.RawMessage `json:"action,omitempty"`
	Answer string          `json:"answer,omitempty"`
	Is     json.RawMessage `json:"is,omitempty"`
	// Say has the client send a frame of talk, if it is connected.
	Say json.RawMessage `json:"say,omitempty"`
	// View waits until the client's document holds exactly this.
	View map[string]json.RawMessage `json:"view,omitempty"`
	// Ended waits until the client has ended by itself; NewToken says whether it
	// knows that another token would help.
	Ended    bool  `json:"ended,omitempty"`
	NewToken *bool `json:"new_token,omitempty"`
}

// Load reads the scripts of a directory, by name.
func Load(dir string) (map[string]Script, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, fmt.Errorf("no scripts in %s", dir))
	}
	all := map[string]Script{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a script: %w", err)
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		var s Script
		if err := decoder.Decode(&s); err != nil {
			return nil, fmt.Errorf("reading script %s: %w", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = s
	}
	return all, nil
}

// variables are what has a name in a conversation.
type variables map[string]any

// fill puts variables in.
func (v variables) fill(raw json.RawMessage) (any, error) {
	value, err := read(raw)
	if err != nil {
		return nil, err
	}
	return v.replace(value), nil
}

func (v variables) replace(value any) any {
	switch value := value.(type) {
	case string:
		if known, is := v[value]; is {
			return known
		}
	case map[string]any:
		for key, inner := range value {
			value[key] = v.replace(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = v.replace(inner)
		}
	}
	return value
}

// match says where got lacks something of want, and binds variables; "" when it
// has everything.
func (v variables) match(at string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		object, is := got.(map[string]any)
		if !is {
			return fmt.Sprintf("%s: got %v, want an object", at, got)
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if wrong := v.match(at+"/"+key, want[key], object[key]); wrong != "" {
				return wrong
			}
		}
		return ""
	case []any:
		list, is := got.([]any)
		if !is || len(list) != len(want) {
			return fmt.Sprintf("%s: got %v, want %d elements", at, got, len(want))
		}
		for i := range want {
			if wrong := v.match(fmt.Sprint(at, "/", i), want[i], list[i]); wrong != "" {
				return wrong
			}
		}
		return ""
	case string:
		if known, bound := v[want]; bound {
			return v.match(at, known, got)
		}
		if strings.HasPrefix(want, "$") && got != nil {
			v[want] = got
			return ""
		}
	}
	if want != got {
		return fmt.Sprintf("%s: got %v, want %v", at, got, want)
	}
	return ""
}

// read decodes JSON and leaves numbers as they are written.
func read(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("reading %.80s: %w", raw, err)
	}
	return value, nil
}
