// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestValuesAreNotRewritten: a view's hash is that of the text of its values.
func TestValuesAreNotRewritten(t *testing.T) {
	w := httptest.NewRecorder()
	WriteJSON(w, http.StatusOK, map[string]json.RawMessage{"/name": json.RawMessage(`"Bo <b> & Co"`)})
	if got, want := w.Body.String(), `{"/name":"Bo <b> & Co"}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
