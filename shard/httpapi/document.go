// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"

	"sigs.k8s.io/yaml"
)

// MustDocument returns an OpenAPI document that is part of the program as JSON.
// One that is malformed is a programming error and panics.
func MustDocument(text []byte) []byte {
	document, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		panic("an OpenAPI document is malformed: " + err.Error())
	}
	return document
}

// ServeDocument serves an OpenAPI document: it has no secrets.
func ServeDocument(document []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write(document) // who went away does not mind
	}
}
