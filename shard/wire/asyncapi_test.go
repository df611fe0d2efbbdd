// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"gamesession.dev/operator/test/asyncapi"
)

var update = flag.Bool("update", false, "write docs/asyncapi.yaml")

const documentFile = "../../docs/asyncapi.yaml"

// object is a JSON object.
type object = map[string]any

// TestAsyncAPIDocument: the document is what the Go types, their comments and the
// golden examples say.
func TestAsyncAPIDocument(t *testing.T) {
	body, err := yaml.Marshal(asyncAPI(t))
	if err != nil {
		t.Fatal(err)
	}
	text := "# SPDX-License-Identifier: Apache-2.0\n#\n# Written by `go test ./shard/wire -run AsyncAPI -update`.\n" + string(body)
	if *update {
		if err := os.WriteFile(documentFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), text); diff != "" {
		t.Errorf("docs/asyncapi.yaml is out of date (-have +want):\n%s", diff)
	}
}

func asyncAPI(t *testing.T) object {
	comments := readComments(t)
	messages, schemas, channel := object{}, object{}, object{}
	var sent, received []object
	for _, k := range Kinds() {
		name := string(k.Type)
		payload := reflect.TypeOf(k.New()).Elem()
		schemas[name] = frameSchema(k, payload, comments)
		example := object{}
		if err := json.Unmarshal(golden(t, k.Type), &example); err != nil {
			t.Fatal(err)
		}
		messages[name] = object{
			"name": name, "summary": k.Meaning, "payload": ref("schemas", name),
			"examples": []object{{"name": name, "payload": example}},
		}
		channel[name] = ref("messages", name)
		inChannel := object{"$ref": "#/channels/session/messages/" + name}
		if k.Sender != FromShard {
			received = append(received, inChannel)
		}
		if k.Sender != FromClient {
			sent = append(sent, inChannel)
		}
	}
	for name, schema := range shared(comments) {
		schemas[name] = schema
	}
	return object{
		"asyncapi":           "3.0.0",
		"defaultContentType": "application/json",
		"info": object{
			"title": "Game sessions", "version": "1.0.0",
			"description": "The WebSocket protocol " + Subprotocol + " as a shard speaks it; docs/api.md says how to use it.\n",
			"license":     object{"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
		},
		"servers": object{"frontDoor": object{
			"host": "sessions.example", "protocol": "wss", "description": "Any shard serves any session.",
			"security": []object{ref("securitySchemes", "sessionToken"), ref("securitySchemes", "identity")},
		}},
		"channels": object{"session": object{
			"address":    "/api/v2/sessions/{session}/ws",
			"parameters": object{"session": object{"description": "the session's id"}},
			"messages":   channel,
			"bindings": object{"ws": object{"method": "GET", "headers": object{
				"type": "object", "required": []string{"Sec-WebSocket-Protocol"},
				"properties": object{"Sec-WebSocket-Protocol": object{
					"type": "string", "description": "`" + Subprotocol + "`; for browsers also `" + TokenSubprotocolPrefix + "<session token>`",
				}},
			}}},
		}},
		"operations": object{
			"fromClient": object{"action": "receive", "channel": object{"$ref": "#/channels/session"}, "messages": received},
			"fromShard":  object{"action": "send", "channel": object{"$ref": "#/channels/session"}, "messages": sent},
		},
		"components": object{"messages": messages, "schemas": schemas, "securitySchemes": object{
			"sessionToken": object{"type": "httpApiKey", "name": TokenHeader, "in": "header"},
			"identity":     object{"type": "http", "scheme": "bearer"},
		}},
	}
}

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// TestSchemasFitTheExamples: each example is valid, and no longer when a field that
// must be there is gone, a client's has one too many, or a value is of another type.
func TestSchemasFitTheExamples(t *testing.T) {
	document, err := asyncapi.Load(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds() {
		t.Run(string(k.Type), func(t *testing.T) {
			valid := func(change func(frame, data object)) bool {
				frame := object{}
				if err := json.Unmarshal(golden(t, k.Type), &frame); err != nil {
					t.Fatal(err)
				}
				change(frame, frame["data"].(object))
				text, err := json.Marshal(frame)
				if err != nil {
					t.Fatal(err)
				}
				_, err = document.Check(text)
				return err == nil
			}
			if !valid(func(_, _ object) {}) {
				t.Error("the example is not valid")
			}
			if valid(func(frame, _ object) { frame["type"] = "other" }) {
				t.Error("the frame may have another type")
			}
			if got := valid(func(_, data object) { data["unknown"] = 1 }); got != (k.Sender == FromShard) {
				t.Errorf("a field that is not known: valid is %t", got)
			}
			for name, optional := range fieldsOf(reflect.TypeOf(k.New()).Elem()) {
				if got := valid(func(_, data object) { delete(data, name) }); got != optional {
					t.Errorf("without %s: valid is %t", name, got)
				}
				if anything(k.Type, name) {
					continue
				}
				if valid(func(_, data object) { data[name] = []any{object{}} }) {
					t.Errorf("%s may be anything", name)
				}
			}
		})
	}
}

// anything says whether a list of objects is a value of a field.
func anything(t Type, name string) bool { return t.CarriesUpdate() && name == "events" }

// fieldsOf lists the names of a message's fields, and whether each may be absent.
func fieldsOf(t reflect.Type) map[string]bool {
	all := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for name, optional := range fieldsOf(f.Type) {
				all[name] = optional
			}
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		all[name] = strings.Contains(rest, "omitempty") || rest == "omitzero"
	}
	return all
}
