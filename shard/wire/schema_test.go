// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// maxSafe is the greatest integer that every reader of JSON can hold.
const maxSafe = 1<<53 - 1

// bounds are what the Go types do not say: "Type.field", or "*.field" for all.
var bounds = map[string]object{
	"*.role":                         {"enum": []string{"gm", "player", "spectator"}},
	"*.hash":                         {"pattern": "^[0-9a-f]{16}$"},
	"*.path":                         {"pattern": "^/"},
	"*.action_id":                    {"minLength": 1, "maxLength": MaxActionID},
	"ActionDeclare.action":           {"type": "object"},
	"ActionDeclare.n":                {"minimum": 1},
	"SyncRequest.paths":              {"maxItems": MaxSyncPaths},
	"Chat.text":                      {"minLength": 1, "maxLength": MaxChatRunes},
	"Emote.emote":                    {"pattern": "^[a-z0-9_-]{1,32}$"},
	"MapPing.at":                     {"minItems": 2, "maxItems": 2, "items": object{"type": "integer", "minimum": 0, "maximum": MaxMapSquare}},
	"MapPinged.at":                   {"minItems": 2, "maxItems": 2, "items": object{"type": "integer", "minimum": 0, "maximum": MaxMapSquare}},
	"Presence.present":               {"maxItems": MaxPresent},
	"ConnectionError.return":         {"enum": []Return{ReturnResume, ReturnStay, ReturnNewToken, ReturnNever}},
	"HistoryLost.reason":             {"enum": []string{ReasonTooOld, ReasonNotInHistory, ReasonDiverged}},
	"ConnectionEstablished.protocol": {"const": Subprotocol},
}

// frameSchema is the schema of a whole frame. A client's frame has nothing that is
// not known; a shard's may come to have more.
func frameSchema(k Kind, payload reflect.Type, comments map[string]string) object {
	data := structSchema(payload, k.Sender != FromShard, comments)
	frame := object{
		"type": "object", "required": []string{"type"},
		"properties": object{"type": object{"const": k.Type}, "data": data},
	}
	if needed, _ := data["required"].([]string); len(needed) > 0 {
		frame["required"] = []string{"type", "data"}
	}
	if k.Sender != FromShard {
		frame["additionalProperties"] = false
	}
	if text := comments[payload.Name()]; text != "" {
		frame["description"] = text
	}
	return frame
}

// shared are the schemas that others refer to.
func shared(comments map[string]string) object {
	out := object{}
	for _, t := range []reflect.Type{reflect.TypeFor[Position](), reflect.TypeFor[Change](), reflect.TypeFor[Present]()} {
		out[t.Name()] = structSchema(t, false, comments)
	}
	return out
}

func structSchema(t reflect.Type, closed bool, comments map[string]string) object {
	properties, required := object{}, []string(nil)
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				add(f.Type)
				continue
			}
			name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
			if rest == "" {
				required = append(required, name)
			}
			schema := valueSchema(f.Type)
			for _, key := range []string{"*." + name, t.Name() + "." + name} {
				for word, value := range bounds[key] {
					schema[word] = value
				}
			}
			if text := comments[t.Name()+"."+f.Name]; text != "" && schema["$ref"] == nil {
				schema["description"] = text
			}
			properties[name] = schema
		}
	}
	add(t)
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if closed {
		out["additionalProperties"] = false
	}
	return out
}

func valueSchema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return object{}
	case t == reflect.TypeFor[[]json.RawMessage]():
		return object{"type": "array", "items": object{"type": "object"}}
	case t.Kind() == reflect.Struct:
		return ref("schemas", t.Name())
	case t.Kind() == reflect.Slice:
		return object{"type": "array", "items": valueSchema(t.Elem())}
	case t.Kind() == reflect.Map:
		return object{"type": "object"}
	case t.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	case t.Kind() == reflect.String:
		return object{"type": "string"}
	}
	return object{"type": "integer", "minimum": 0, "maximum": maxSafe}
}

var link = regexp.MustCompile(`\[([A-Za-z.]+)\]`)

// readComments returns the comments of this package's types and of their fields.
func readComments(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		commentsOf(file, out)
	}
	return out
}

// commentsOf adds those of a file, by type and Type.Field.
func commentsOf(file *ast.File, out map[string]string) {
	plain := func(doc *ast.CommentGroup) string {
		return link.ReplaceAllString(strings.Join(strings.Fields(doc.Text()), " "), "$1")
	}
	for _, n := range file.Decls {
		d, is := n.(*ast.GenDecl)
		if !is || d.Tok != token.TYPE {
			continue
		}
		for _, spec := range d.Specs {
			s := spec.(*ast.TypeSpec)
			body, is := s.Type.(*ast.StructType)
			if !is {
				continue
			}
			out[s.Name.Name] = plain(d.Doc)
			for _, f := range body.Fields.List {
				for _, name := range f.Names {
					out[s.Name.Name+"."+name.Name] = plain(f.Doc)
				}
			}
		}
	}
}
