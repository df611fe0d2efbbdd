// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// described is what the document says of one operation.
type described struct {
	path, method string
	OperationID  string   `json:"operationId"`
	Summary      string   `json:"summary"`
	Verb         string   `json:"x-verb"`
	Codes        []string `json:"x-codes"`
	Parameters   []struct {
		Name, In string
		Example  any
	}
	RequestBody json.RawMessage `json:"requestBody"`
}

// drive is the document as a test needs it.
type drive struct {
	t          *testing.T
	tree       any
	operations []described
	compiler   *jsonschema.Compiler
}

const documentURL = "https://gamesession.dev/openapi.json"

func readDocument(t *testing.T) *drive {
	t.Helper()
	d := &drive{t: t, compiler: jsonschema.NewCompiler()}
	var err error
	d.tree, err = jsonschema.UnmarshalJSON(bytes.NewReader(document))
	check(t, err)
	check(t, d.compiler.AddResource(documentURL, d.tree))
	var paths struct {
		Paths map[string]map[string]json.RawMessage
	}
	check(t, json.Unmarshal(document, &paths))
	for path, item := range paths.Paths {
		for method, text := range item {
			if method == "parameters" {
				continue
			}
			op := described{path: path, method: strings.ToUpper(method)}
			check(t, json.Unmarshal(text, &op))
			d.operations = append(d.operations, op)
		}
	}
	return d
}

// pointer leads to a part of the document, through references.
func (d *drive) pointer(parts ...string) (at string, node map[string]any) {
	d.t.Helper()
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	at = "#"
	var now = d.tree
	for _, part := range append(parts, "") {
		object, is := now.(map[string]any)
		if !is {
			d.t.Fatalf("%s of the document is no object", at)
		}
		if ref, is := object["$ref"].(string); is && len(object) == 1 {
			_, now = d.pointer(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			at, object = ref, now.(map[string]any)
		}
		if part == "" {
			return at, object
		}
		at += "/" + escape.Replace(part)
		now = object[part]
	}
	return at, nil
}

func (d *drive) validate(text []byte, parts ...string) {
	d.t.Helper()
	at, _ := d.pointer(parts...)
	schema, err := d.compiler.Compile(documentURL + at)
	check(d.t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	check(d.t, err)
	if err := schema.Validate(value); err != nil {
		d.t.Errorf("%s is not what the document says: %v", text, err)
	}
}

// TestDocumentIsTheInterface: the same operations, with the same parameters, and
// verbs and codes that there are.
func TestDocumentIsTheInterface(t *testing.T) {
	var have, want []string
	for _, op := range readDocument(t).operations {
		line := op.OperationID + " " + op.method + " " + op.path
		for _, p := range op.Parameters {
			line += " " + p.In + ":" + p.Name
		}
		have = append(have, line)
		if !slices.Contains(auth.Verbs, auth.Verb(op.Verb)) {
			t.Errorf("%s: there is no verb %q", op.OperationID, op.Verb)
		}
		for _, code := range op.Codes {
			if wire.FaultOf(code).Code != code || wire.FaultOf(code).Status == 0 {
				t.Errorf("%s: there is no code %q", op.OperationID, code)
			}
		}
		if (op.RequestBody != nil) != (op.method == http.MethodPost) {
			t.Errorf("%s has a body, or none", op.OperationID)
		}
	}
	for _, op := range operations {
		line := op.id + " " + op.method + " " + op.path
		for _, name := range op.query {
			line += " query:" + name
		}
		want = append(want, line)
	}
	slices.Sort(have)
	slices.Sort(want)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("operations (-code +document):\n%s", diff)
	}
}

// TestEveryOperationAsDescribed makes each request that the document describes,
// with its own examples, and holds every answer against its schema.
func TestEveryOperationAsDescribed(t *testing.T) {
	d := readDocument(t)
	for _, op := range d.operations {
		t.Run(op.OperationID, func(t *testing.T) {
			st := newStage(t, "a", "b")
			st.shards["a"].create(testSession)
			gm := st.shards["b"].as("gm")
			gm.do(http.MethodPost, at(testSession, "/state"), bodies["editState"]) // there is something to undo
			path, body := strings.Replace(op.path, "{id}", testSession, 1), ""
			for i, p := range op.Parameters {
				text, err := json.Marshal(p.Example)
				check(t, err)
				path += string("?&"[min(i, 1)]) + p.Name + "=" + strings.Trim(string(text), `"`)
			}
			method := strings.ToLower(op.method)
			if op.RequestBody != nil {
				_, content := d.pointer("paths", op.path, method, "requestBody", "content", "application/json")
				example, is := content["example"]
				if !is {
					t.Fatal("it has no example of its body")
				}
				text, err := json.Marshal(example)
				check(t, err)
				d.validate(text, "paths", op.path, method, "requestBody", "content", "application/json", "schema")
				d.validate([]byte(bodies[op.OperationID]), "paths", op.path, method, "requestBody", "content", "application/json", "schema")
				body = string(text)
			}
			player := gm
			if op.OperationID == "join" || op.OperationID == "ticket" {
				player = st.shards["b"].as("ann")
			}
			if op.OperationID == "editState" || op.OperationID == "undo" {
				body = strings.Replace(body, `"version":41`, `"version":2`, 1)
			}
			resp, text := player.do(op.method, path, body)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%s %s %s: %d %s", op.method, path, body, resp.StatusCode, text)
			}
			if kind := resp.Header.Get("Content-Type"); kind == "application/json" {
				d.validate(text, "paths", op.path, method, "responses", "200", "content", kind, "schema")
			} else {
				d.pointer("paths", op.path, method, "responses", "200", "content", kind)
			}
			_, text = st.shards["a"].as("eve").do(op.method, path, body)
			d.validate(text, "paths", op.path, method, "responses", "default", "content", "application/json", "schema")
		})
	}
}

// usualCodes are those that any operation may be answered with.
var usualCodes = []string{
	codeOK, wire.CodeBadRequest, wire.CodeUnauthorized, wire.CodeForbidden, wire.CodeNotFound,
	wire.CodeTooLarge, wire.CodeMediaType, wire.CodeInternal, wire.CodeUnavailable, wire.CodeNoOwner, wire.CodeNotOwner, wire.CodeBusy,
}

// codesOf are the codes beside the usual ones, by operation.
var codesOf = sync.OnceValue(func() map[string][]string {
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	codes := map[string][]string{}
	if json.Unmarshal(document, &doc) != nil {
		return codes
	}
	for _, item := range doc.Paths {
		for _, text := range item {
			var op described
			if json.Unmarshal(text, &op) == nil { // else it is the list of parameters
				codes[op.OperationID] = op.Codes
			}
		}
	}
	return codes
})

// documented says whether the document has an operation's answer.
func documented(operation, code string) bool {
	return slices.Contains(usualCodes, code) || slices.Contains(codesOf()[operation], code)
}

func TestDocumentIsServed(t *testing.T) {
	sh := newStage(t, "a").shards["a"]
	c := &caller{t, sh.http.URL, http.Header{}}
	resp, text := c.do(http.MethodGet, "/openapi.json", "")
	var served struct{ OpenAPI string }
	if err := json.Unmarshal(text, &served); err != nil || resp.StatusCode != 200 || served.OpenAPI != "3.1.0" {
		t.Errorf("%d %v %.200s", resp.StatusCode, err, text)
	}
}
