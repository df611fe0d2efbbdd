// SPDX-License-Identifier: Apache-2.0

package srd

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/content"
)

var update = flag.Bool("update", false, "write the schema anew")

const schemaFile = "data/schema.json"

// object is a part of a JSON schema; its members are written in the order of
// their names.
type object = map[string]any

// schema derives the JSON schema of a bundle from the types that read it.
type schema struct {
	words map[string][]string
	defs  object
}

func deriveSchema(t *testing.T) object {
	s := &schema{words: vocabulary(t), defs: object{}}
	s.words["Skill"] = nil
	for skill := range content.SkillAbility {
		s.words["Skill"] = append(s.words["Skill"], string(skill))
	}
	slices.Sort(s.words["Skill"])
	root := s.of(reflect.TypeFor[content.Bundle]())
	return object{
		"$schema":  "https://json-schema.org/draft/2020-12/schema",
		"$id":      "https://gamesession.dev/schema/content-1.json",
		"title":    "Content of the combat engine: creatures, spells, weapons, armor",
		"$comment": "Made by go test ./shard/rules/srd -update from the types of shard/rules/content.",
		"$ref":     root["$ref"],
		"$defs":    s.defs,
	}
}

func (s *schema) of(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		if _, known := s.defs[t.Name()]; !known {
			s.defs[t.Name()] = object{} // for types within themselves
			s.defs[t.Name()] = s.structure(t)
		}
		return object{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "propertyNames": s.of(t.Key()), "additionalProperties": s.of(t.Elem())}
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Bool:
		return object{"type": "boolean"}
	default:
		if words := s.words[t.Name()]; len(words) > 0 {
			return object{"type": "string", "enum": words}
		}
		return object{"type": "string"}
	}
}

func (s *schema) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	s.members(t, properties, &required)
	return object{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
}

func (s *schema) members(t reflect.Type, properties object, required *[]string) {
	for field := range fields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			s.members(field.Type, properties, required)
			continue
		}
		properties[name] = s.of(field.Type)
		if options == "" {
			*required = append(*required, name)
		}
	}
	slices.Sort(*required)
}

func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func TestSchemaIsThatOfTheTypes(t *testing.T) {
	raw, err := json.MarshalIndent(deriveSchema(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(raw)); diff != "" {
		t.Errorf("%s is not that of the types (-file +types), -update writes it anew:\n%s", schemaFile, diff)
	}
}

func TestDataFollowsTheSchema(t *testing.T) {
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var s object
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	for _, name := range sources[V1] {
		document, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if problems := against(t, s, document); len(problems) > 0 {
			t.Errorf("%s: %s", name, strings.Join(problems, "\n"))
		}
	}
	for text, want := range map[string]string{
		`{"creatures": {}}`:                                                       "/creatures: not an array",
		`{"creatures": [{"id": "rat"}]}`:                                          "/creatures/0: abilities is missing",
		`{"weapons": [{"id": 7}]}`:                                                "/weapons/0/id: not a string",
		`{"weapons": [{"mastery": "luck"}]}`:                                      `/weapons/0/mastery: "luck" is none of`,
		`{"armor": [{"ac": 1.5}]}`:                                                "/armor/0/ac: not an integer",
		`{"armor": [{"colour": "red"}]}`:                                          "/armor/0: colour is unknown",
		`{"creatures": [{"skills": {"cooking": 3}}]}`:                             `/creatures/0/skills: "cooking" is none of`,
		`{"spells": [{"effects": [{"worsens": {"leaves": {"endsOn": ["x"]}}}]}]}`: `/spells/0/effects/0/worsens/leaves/endsOn/0: "x" is none of`,
	} {
		if problems := against(t, s, []byte(text)); !slices.ContainsFunc(problems, func(p string) bool { return strings.HasPrefix(p, want) }) {
			t.Errorf("%s: %v, want %q", text, problems, want)
		}
	}
}

// against tells what in a document does not follow a schema. It knows the words
// that deriveSchema uses.
func against(t *testing.T, s object, raw []byte) (problems []string) {
	t.Helper()
	var document any
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	var check func(path string, rule object, value any)
	fail := func(path, format string, args ...any) {
		problems = append(problems, path+": "+fmt.Sprintf(format, args...))
	}
	check = func(path string, rule object, value any) {
		if ref, ok := rule["$ref"].(string); ok {
			rule = s["$defs"].(object)[strings.TrimPrefix(ref, "#/$defs/")].(object)
		}
		switch rule["type"] {
		case "object":
			members, ok := value.(object)
			if !ok {
				fail(path, "not an object")
				return
			}
			required, _ := rule["required"].([]any)
			for _, name := range required {
				if _, has := members[name.(string)]; !has {
					fail(path, "%s is missing", name)
				}
			}
			properties, _ := rule["properties"].(object)
			for _, name := range slices.Sorted(maps.Keys(members)) {
				if names, ok := rule["propertyNames"].(object); ok {
					check(path, names, name)
				}
				below, known := properties[name].(object)
				if !known {
					below, known = rule["additionalProperties"].(object)
				}
				if !known {
					fail(path, "%s is unknown", name)
					continue
				}
				check(path+"/"+name, below, members[name])
			}
		case "array":
			items, ok := value.([]any)
			if !ok {
				fail(path, "not an array")
			}
			for i, item := range items {
				check(fmt.Sprintf("%s/%d", path, i), rule["items"].(object), item)
			}
		case "integer":
			if n, ok := value.(float64); !ok || n != float64(int(n)) {
				fail(path, "not an integer")
			}
		case "boolean":
			if _, ok := value.(bool); !ok {
				fail(path, "not a boolean")
			}
		case "string":
			text, ok := value.(string)
			if !ok {
				fail(path, "not a string")
			} else if words, limited := rule["enum"].([]any); limited && !slices.Contains(words, any(text)) {
				fail(path, "%q is none of %v", text, words)
			}
		default:
			t.Fatalf("%s: the schema says nothing: %v", path, rule)
		}
	}
	check("", object{"$ref": s["$ref"]}, document)
	return problems
}
