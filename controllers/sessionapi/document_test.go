// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/wire"
)

// TestDocumentIsTheInterface: the same operations, and codes that there are.
func TestDocumentIsTheInterface(t *testing.T) {
	var described struct {
		Paths map[string]map[string]struct {
			OperationID string   `json:"operationId"`
			Codes       []string `json:"x-codes"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(document, &described); err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for path, methods := range described.Paths {
		for method, op := range methods {
			have = append(have, op.OperationID+" "+strings.ToUpper(method)+" "+path)
			for _, code := range op.Codes {
				if wire.FaultOf(code).Code != code {
					t.Errorf("%s: there is no code %q", op.OperationID, code)
				}
			}
		}
	}
	for _, op := range operations {
		want = append(want, op.id+" "+op.method+" "+op.path)
	}
	slices.Sort(have)
	slices.Sort(want)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("operations (-code +document):\n%s", diff)
	}
}
