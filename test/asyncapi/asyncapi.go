// SPDX-License-Identifier: Apache-2.0

// Package asyncapi holds frames against the JSON Schemas of docs/asyncapi.yaml.
package asyncapi

import (
	"bytes"
	"fmt"
	"os"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// Document is an AsyncAPI document. It is safe for concurrent use.
type Document struct{ schemas map[string]*jsonschema.Schema }

// Load reads a document and compiles the schemas of its messages.
func Load(file string) (*Document, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("asyncapi.json", root); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	var listed struct {
		Components struct {
			Messages map[string]any `json:"messages"`
		} `json:"components"`
	}
	if err := yaml.Unmarshal(text, &listed); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	d := &Document{schemas: map[string]*jsonschema.Schema{}}
	for name := range listed.Components.Messages {
		if d.schemas[name], err = compiler.Compile("asyncapi.json#/components/schemas/" + name); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", name, err)
		}
	}
	return d, nil
}

// Check says what of a frame is not as documented, and returns the frame's type.
func (d *Document) Check(frame []byte) (string, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		return "", fmt.Errorf("frame %.80s: %w", frame, err)
	}
	object, _ := value.(map[string]any)
	name, _ := object["type"].(string)
	schema := d.schemas[name]
	if schema == nil {
		return name, fmt.Errorf("frame %.80s: its type is not documented", frame)
	}
	if err := schema.Validate(value); err != nil {
		return name, fmt.Errorf("frame %.200s: %w", frame, err)
	}
	return name, nil
}
